"""tanh against ReLU: what saturates makes gradients vanish, what does not may explode."""

from __future__ import annotations

from models.experiment import Experiment
from models.presets import Preset
from models.results.birth import at_birth
from models.stories.numbers import (
    diverged,
    finished,
    half_lives,
    listed,
    reach,
    the,
)
from models.stories.story import Story, Tables

RELU = "rnn:activation=relu"
LARGE = "rnn:activation=relu,gain=2"


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    lives = at_birth(tables["diagnostics"], "half_life_h", longest)
    told = f"At birth, going back through {longest} steps, the gradient "
    told += f"{half_lives(tables['diagnostics'], longest)}."
    exploding = [the(cell) for cell, life in lives.items() if "relu" in cell and life < 0]
    if RELU in lives and lives[RELU] > 0:
        told += (
            " ReLU by itself does not explode here: half of its units are off at any time, and "
            "with orthogonal weights the gradient still shrinks."
        )
    if exploding:
        told += f" It does explode for {listed(exploding)}."
    accuracy = tables["accuracy"]
    if not finished(accuracy):
        return told
    told += f" {reach(accuracy, experiment.cells)}"
    lost = [
        f"{count} of {models} models of {the(cell)}"
        for cell, (count, models) in diverged(accuracy).items()
        if count
    ]
    if lost:
        told += f" Diverged: {listed(lost)}."
    return told


STORY = Story(
    name="tanh_against_relu",
    title="tanh against ReLU",
    statement="Saturating activations (tanh, sigmoid) make the gradient vanish; non-saturating "
    "ones (ReLU) let it explode.",
    text="At every step back the gradient is multiplied by the slope of the activation. That of "
    "σ is at most 1/4, so nothing survives a few steps; that of tanh is 1 at the middle and falls "
    "as units saturate. ReLU has slope 1 where it is on and nothing to hold it back: with large "
    "recurrent weights states and gradients grow without bound, with the identity (IRNN) they "
    "are carried level. There is no clipping here, to let things happen.",
    source="Hochreiter & Schmidhuber 1997, section 3.1; Le, Jaitly & Hinton 2015",
    opens="birth",
    presets=(
        Preset(
            "tanh_against_relu",
            "Five activations and starts",
            "Saturating or not, with weights small and large.",
            Experiment(
                cells=(
                    "rnn",
                    "rnn:activation=sigmoid",
                    RELU,
                    "rnn:activation=relu,init=identity",
                    LARGE,
                ),
                lengths=(20, 50, 100),
                steps=300,
                learning_rate=(0.005,),
                clip=0.0,
            ),
        ),
    ),
    says=says,
)
