"""Truncated back-propagation through time: what lies beyond the window is never learned."""

from __future__ import annotations

import pandas as pd

from models.analysis.statistics import trained
from models.analysis.words import count, join_words, with_article
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import lengths_solved, present, reach
from models.stories.story import Step, Story, Tables
from models.tasks import make_task


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    window = experiment.truncate
    text = (
        f"The gradient stops after {count(window, 'step')}, whatever the cell."
        if window
        else "The gradient goes all the way back."
    )
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return text
    text += f" {reach(experiment, accuracy)}"
    return f"{text} {_beyond(experiment, accuracy)}" if window else text


def _beyond(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """What was learned over lags longer than the window, in two sentences."""
    lag = make_task(experiment.task).lag
    measured = sorted(int(length) for length in accuracy["length"].unique())
    beyond = [length for length in measured if lag(length) > experiment.truncate]
    if not beyond:
        return "At no length does the answer depend on a step further back than that."
    text = f"At T = {join_words([str(length) for length in beyond])} the answer depends on a step"
    text += " further back than that."
    cells = [
        with_article(cell)
        for cell in present(experiment, accuracy)
        if set(lengths_solved(accuracy, cell)) & set(beyond)
    ]
    if not cells:
        return f"{text} As expected, that is not learned."
    return (
        f"{text} Contrary to expectation, {join_words(cells)} learned it: the state can carry "
        "information further than the gradient reaches."
    )


def _preset(name: str, title: str, lesson: str, truncate: int) -> Preset:
    experiment = Experiment(
        cells=("rnn", "lstm:bias=chrono", "gru:bias=chrono"),
        lengths=(20, 50, 100),
        steps=300,
        truncate=truncate,
    )
    return Preset(name, title, lesson, experiment)


STORY = Story(
    name="truncation",
    title="Truncated back-propagation",
    own_statement="Stopping the gradient after k steps saves time and memory, but what lies "
    "further back is not learned.",
    text="Long sequences are often cut into blocks: the state continues from block to block, the "
    "gradient does not. The gradient then ends abruptly at the edge of the window instead of "
    "fading gradually, and no gate can carry it further. Compare cells that remember 100 steps "
    "when trained with the full gradient with the same cells when the gradient stops after 20 "
    "steps.",
    source="Williams & Peng 1990; Werbos 1990",
    presets=(
        _preset("truncation", "After 20 steps", "The gradient stops 20 steps back.", 20),
        _preset("truncation_off", "All the way", "The same with the full gradient.", 0),
    ),
    steps=(
        Step(
            "The full gradient: over 100 steps, it reaches the left edge of the heat map.",
            "training",
            100,
            preset=1,
            cell="lstm:bias=chrono",
        ),
        Step(
            "The same cell with the gradient stopped after 20 steps: further left there is none.",
            "training",
            100,
            preset=0,
            cell="lstm:bias=chrono",
        ),
        Step(
            "A sequence of 20 steps is no longer than the window: nothing is lost.",
            "training",
            20,
            preset=0,
            cell="lstm:bias=chrono",
        ),
    ),
    conclusion=conclusion,
)
