"""The spectral radius: how large the recurrent weights start decides what the gradient does."""

from __future__ import annotations

import math

import pandas as pd

from models.analysis.at_initialisation import at_initialisation
from models.analysis.gradient_profile import half_life_predicate, half_life_words
from models.analysis.statistics import trained
from models.analysis.words import join_words, with_article
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import after_training, reach, values
from models.stories.story import Step, Story, Tables


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest, cells = experiment.lengths[-1], experiment.cells
    text = _at_initialisation(experiment, tables["diagnostics"], longest)
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return text
    text += f" {reach(experiment, accuracy)}"
    radius = after_training(tables["diagnostics"], cells, "spectral_radius", longest)
    return f"{text} {values('By then, the radius is', radius, cells)}".rstrip()


def _at_initialisation(experiment: Experiment, rows: pd.DataFrame, length: int) -> str:
    """The half-life of each cell beside its radius, and what that says, in sentences."""
    half_life, theory, radius = (
        at_initialisation(rows, diagnostic, length)
        for diagnostic in ("half_life_h", "half_life_theory", "spectral_radius")
    )
    # As they are shown: a verdict on other numbers could contradict these.
    radius = {cell: round(value, 2) for cell, value in radius.items()}
    cells = [cell for cell in experiment.cells if cell in half_life and cell in radius]
    sentences = [
        f"{half_life_predicate(half_life[cell])} with radius {radius[cell]:g}"
        + (f" (theory: {_shorter(theory[cell], half_life[cell])})" if cell in theory else "")
        for cell in cells
    ]
    if not sentences:
        return "The gradient at initialisation could not be measured."
    text = f"At initialisation, T = {length}, the gradient {join_words(sentences)}."
    if others := [with_article(cell) for cell in experiment.cells if cell not in cells]:
        text += f" It could not be measured for {join_words(others)}."
    below = [cell for cell in cells if radius[cell] < 1]
    above = [cell for cell in cells if radius[cell] > 1]
    if below:
        vanish = all(0 < half_life[cell] < math.inf for cell in below)
        text += (
            " Below 1 it always shrinks, as expected."
            if vanish
            else " Contrary to expectation, it does not always shrink below 1."
        )
    if exploding := [f"{radius[cell]:g}" for cell in above if half_life[cell] < 0]:
        text += f" With {join_words(exploding)} it explodes."
    if shrinking := [f"{radius[cell]:g}" for cell in above if half_life[cell] > 0]:
        needed = (
            "" if any(half_life[cell] < 0 for cell in below) else "needed for explosion but is "
        )
        text += (
            f" A radius above 1 is {needed}not enough: with {join_words(shrinking)} the slopes of "
            "tanh still keep the gradient from growing."
        )
    return text


def _shorter(theory: float, measured: float) -> str:
    """A half-life in words, without the verb where the measured half-life has the same."""
    (verb, *_), words = half_life_words(measured).split(), half_life_words(theory)
    return words.removeprefix(f"{verb} ")


STORY = Story(
    name="spectral_radius",
    title="The spectral radius",
    own_statement="If the spectral radius of the recurrent weights is below 1, the gradient must "
    "vanish; above 1, it may explode.",
    text="The gain multiplies the initial orthogonal recurrent weights. All their eigenvalues "
    "then have this absolute value, so the gain is the spectral radius. At each step the "
    "gradient is multiplied by about radius × slope of tanh. Since the slope is at most 1, a "
    "radius below 1 is sufficient for the gradient to vanish. A radius above 1 is necessary for "
    "it to explode, but not sufficient. The half-life in theory is computed from just these two "
    "numbers. Training changes the radius: see During training.",
    source="Pascanu, Mikolov & Bengio 2013, section 2.1",
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
    steps=(
        Step(
            "One cell with five initial spectral radii. The smaller the radius, the more steeply "
            "its line falls towards the left.",
            "initialisation",
            20,
        ),
        Step(
            "Over 100 steps: below 1 almost nothing is left. With 1.1 the slope of tanh still "
            "keeps the gradient from growing; with 1.5 it no longer does.",
            "initialisation",
            100,
        ),
        Step(
            "Training changes the radius: see the plot of the spectral radius further down.",
            "training",
            100,
            cell="rnn:gain=1.5",
        ),
    ),
    conclusion=conclusion,
)
