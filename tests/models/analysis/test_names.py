"""The diagnostics that are described are those that are written, of every task and cell."""

from __future__ import annotations

from functools import cache

import pytest

from models.analysis.diagnostic_names import DIAGNOSTICS, MAX_SYMBOLS
from models.cells import CELLS
from models.experiment import Experiment
from models.tasks import TASKS, make_task
from models.training.train import train

TASK_SPECS = (
    *TASKS,
    *(
        f"{name}:{option.name}={value}"
        for name, task in TASKS.items()
        for option in task.options
        for value in option.values
    ),
)
"""Each task as it is, and with each choice of each of its options."""


@cache
def written(task: str, *cells: str, length: int | None = None) -> frozenset[str]:
    """The names in the table of diagnostics of a run of one step."""
    experiment = Experiment(
        task=task,
        cells=cells or tuple(CELLS),
        lengths=(length or make_task(task).lengths[0],),
        seeds=1,
        steps=1,
        hidden_size=4,
        batch_size=4,
        held_out=4,
        device="cpu",
    )
    tables = [one.tables["diagnostics"] for one in train(experiment, processes=1)]
    return frozenset(name for rows in tables for name in rows["diagnostic"])


@pytest.mark.parametrize("task", TASK_SPECS)
def test_what_is_written_is_described(task: str) -> None:
    assert written(task) <= set(DIAGNOSTICS)


@pytest.mark.parametrize(("task", "parts"), [("temporal_order:symbols=3", 3), ("copy", 0)])
def test_parts_are_written_of_answers_that_have_several(task: str, parts: int) -> None:
    names = {name for name in written(task) if name.startswith("accuracy_part_")}
    assert names == {f"accuracy_part_{part}" for part in range(1, parts + 1)}
    assert parts <= MAX_SYMBOLS


def test_what_is_described_is_written_by_some_task() -> None:
    diverging = written("adding", "rnn:activation=relu,gain=3", length=200)
    assert diverging.union(*map(written, TASK_SPECS)) == set(DIAGNOSTICS)
