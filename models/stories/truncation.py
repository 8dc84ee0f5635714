"""Truncated back-propagation through time: what lies beyond the window is never learnt."""

from __future__ import annotations

from models.experiment import Experiment
from models.presets import Preset
from models.stories.numbers import finished, longest_solved, reach
from models.stories.story import Story, Tables
from models.tasks import make_task


def says(experiment: Experiment, tables: Tables) -> str:
    window = experiment.truncate
    if not finished(tables["accuracy"]):
        return (
            f"The gradient stops after {window} steps, whatever the cell."
            if window
            else "The gradient goes all the way back."
        )
    told = reach(tables["accuracy"], experiment.cells)
    if not window:
        return f"The gradient goes all the way back. {told}"
    task = make_task(experiment.task)
    beyond = [length for length in experiment.lengths if task.lag(length) > window]
    longest = max(longest_solved(tables["accuracy"], cell) for cell in experiment.cells)
    held = (
        "No cell has solved such a length."
        if longest not in beyond
        else f"Even so most seeds of one cell solve {longest}: the state carries what the gradient "
        "never taught it to."
    )
    return (
        f"The gradient stops after {window} steps. {told} The dependency is longer than that for "
        f"T = {', '.join(map(str, beyond)) or 'none'}. {held}"
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
    statement="Stopping the gradient after k steps saves time and memory, and what lies further "
    "back is not learnt.",
    text="Long sequences are often cut: the state goes on from block to block, the gradient does "
    "not. It is a gradient that vanishes by decree, at the edge of the window instead of little "
    "by little, and no gate can carry it across. Compare the cells that remember 100 steps with "
    "the whole gradient with the same cells whose gradient ends after 20.",
    source="Williams & Peng 1990; Werbos 1990",
    opens="training",
    presets=(
        _preset("truncation", "After 20 steps", "The gradient ends 20 steps back.", 20),
        _preset("truncation_off", "All the way", "The same with the whole gradient.", 0),
    ),
    says=says,
)
