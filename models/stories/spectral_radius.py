"""The spectral radius: how large the recurrent weights start decides what the gradient does."""

from __future__ import annotations

from models.diagnostics.half_lives import half_life_words
from models.experiment import Experiment
from models.presets import Preset
from models.results.birth import at_birth
from models.stories.numbers import finished, listed, reach, the
from models.stories.story import Story, Tables


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    lives = at_birth(tables["diagnostics"], "half_life_h", longest)
    theory = at_birth(tables["diagnostics"], "half_life_theory", longest)
    radius = at_birth(tables["diagnostics"], "spectral_radius", longest)
    told = [
        f"with spectral radius {radius[cell]:.2g} it {half_life_words(life)}"
        + (f" (theory: {half_life_words(theory[cell])})" if cell in theory else "")
        for cell, life in lives.items()
    ]
    text = f"At birth, T = {longest}: {listed(told)}."
    above = [cell for cell, life in lives.items() if radius[cell] > 1 and life > 0]
    if above:
        text += (
            f" A radius above 1 is needed for explosion but is not enough: with "
            f"{radius[above[0]]:.2g} the slopes of tanh still make it shrink."
        )
    if finished(tables["accuracy"]):
        text += f" {reach(tables['accuracy'], experiment.cells)}"
        text += _first_and_last(tables, longest)
    return text


def _first_and_last(tables: Tables, length: int) -> str:
    """Where training takes the radius."""
    rows = tables["diagnostics"]
    rows = rows[(rows["diagnostic"] == "spectral_radius") & (rows["length"] == length)]
    last = rows[rows["step"] == rows["step"].max()].groupby("cell", sort=False)["value"].median()
    if last.empty:
        return ""
    told = [f"{value:.2f} for {the(str(cell))}" for cell, value in last.items()]
    return f" After training the radius is {listed(told)}."


STORY = Story(
    name="spectral_radius",
    title="The spectral radius",
    statement="With recurrent weights of spectral radius below 1 the gradient must vanish; above "
    "1 it may explode.",
    text="The gain multiplies the orthogonal recurrent weights at the start, so it is their "
    "spectral radius: every eigenvalue has that size. The gradient shrinks by radius × slope of "
    "tanh a step, and since the slope is at most 1, a radius below 1 is sufficient for vanishing "
    "and one above 1 only necessary for explosion. The theory beside the measured half-life is "
    "made of just these two numbers. Training moves the radius: see it under During training.",
    source="Pascanu, Mikolov & Bengio 2013, section 2.1",
    opens="birth",
    presets=(
        Preset(
            "spectral_radius",
            "From 0.5 to 1.5",
            "The same cell with recurrent weights from small to large.",
            Experiment(
                cells=("rnn:gain=0.5", "rnn:gain=0.9", "rnn", "rnn:gain=1.1", "rnn:gain=1.5"),
                lengths=(10, 20, 50, 100),
                steps=300,
                learning_rate=(0.005,),
            ),
        ),
    ),
    says=says,
)
