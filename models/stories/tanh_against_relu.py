"""tanh against ReLU: what saturates makes gradients vanish, what does not lets them explode."""

from __future__ import annotations

import math

import pandas as pd

from models.analysis.at_initialisation import at_initialisation
from models.analysis.statistics import trained
from models.analysis.words import count, join_words, with_article
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import divergence, half_lives, reach
from models.stories.story import Step, Story, Tables

RELU = "rnn:activation=relu"
"""The RNN with ReLU and orthogonal recurrent weights."""
LARGE = f"{RELU},gain=2"
"""The same with recurrent weights twice as large."""
NOT_ALWAYS = " Contrary to expectation, it does not always vanish with tanh and σ."


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest, rows = experiment.lengths[-1], tables["diagnostics"]
    subject = f"At initialisation, going back {count(longest, 'step')}, the gradient"
    text = half_lives(subject, rows, experiment.cells, longest) + _verdict(experiment, rows)
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return text
    return f"{text} {reach(experiment, accuracy)} {divergence(experiment, accuracy)}"


def _verdict(experiment: Experiment, rows: pd.DataFrame) -> str:
    """Whether what saturates vanishes, and what does not explodes, in sentences."""
    half_life = at_initialisation(rows, "half_life_h", experiment.lengths[-1])
    relu = {cell: value for cell, value in half_life.items() if "relu" in cell}
    saturating = [value for cell, value in half_life.items() if cell not in relu]
    text = ""
    if saturating:
        vanish = all(0 < value < math.inf for value in saturating)
        text = " With tanh and σ it vanishes, as expected." if vanish else NOT_ALWAYS
    if exploding := [with_article(cell) for cell in experiment.cells if relu.get(cell, 1) < 0]:
        text += f" With ReLU it explodes for {join_words(exploding)}."
    if 0 < relu.get(RELU, -1) < math.inf:
        text += (
            " ReLU alone does not make it explode here: about half of the units are inactive at "
            "any time, and with orthogonal weights the gradient still shrinks."
        )
    return text


STORY = Story(
    name="tanh_against_relu",
    title="tanh against ReLU",
    statement="Saturating activations (tanh, sigmoid) make the gradient vanish; non-saturating "
    "ones (ReLU) let it explode.",
    text="At every step back, the gradient is multiplied by the slope of the activation. The "
    "slope of σ is at most 1/4, so almost nothing survives a few steps. The slope of tanh is 1 "
    "at 0 and falls as units saturate. ReLU has slope 1 where it is active, and no upper bound: "
    "with large recurrent weights, states and gradients grow without limit; with identity "
    "weights (IRNN), they keep their size. Gradients are not clipped in these runs.",
    source="Hochreiter & Schmidhuber 1997, section 3.1; Le, Jaitly & Hinton 2015",
    presets=(
        Preset(
            "tanh_against_relu",
            "Five activations and initialisations",
            "Saturating and non-saturating activations, with small and large weights.",
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
    steps=(
        Step(
            "Each step back multiplies the gradient by the slope of the activation. For σ the "
            "slope is at most 1/4: its line falls fastest.",
            "initialisation",
            20,
        ),
        Step(
            "Over 100 steps, the line of ReLU with gain 2 rises towards the left: nothing limits "
            "its gradient. With identity weights the line stays level.",
            "initialisation",
            100,
        ),
        Step(
            "During training, without clipping: the heat map of ReLU with gain 2. Below it is "
            "the norm of its gradient.",
            "training",
            100,
            cell=LARGE,
        ),
    ),
    conclusion=conclusion,
)
