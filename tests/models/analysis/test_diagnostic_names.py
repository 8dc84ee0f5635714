"""The diagnostics that are described are those that are written, of every task and cell."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from models.analysis.diagnostic_names import DIAGNOSTICS, MAX_SYMBOLS
from models.cells import CELLS
from models.experiment import Experiment
from models.tasks import TASKS, make_task
from models.training.train import train
from tests.models.tables import tables_of

TASK_SPECS = (
    *TASKS,
    *(
        f"{name}:{option.name}={value}"
        for name, task in TASKS.items()
        for option in task.options
        for value in option.values
    ),
)
"""Each task with its defaults, and with each choice of each of its options."""


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
    return frozenset(tables_of(train(experiment))["diagnostics"]["diagnostic"])


@pytest.mark.parametrize("task", TASK_SPECS)
def test_what_is_written_is_described(task: str) -> None:
    assert written(task) <= set(DIAGNOSTICS)


@pytest.mark.parametrize(("task", "symbols"), [("temporal_order:symbols=3", 3), ("copy", 0)])
def test_each_symbol_has_an_accuracy_where_an_answer_names_several(task: str, symbols: int) -> None:
    names = {name for name in written(task) if name.startswith("accuracy_part_")}
    assert names == {f"accuracy_part_{symbol}" for symbol in range(1, symbols + 1)}
    assert symbols <= MAX_SYMBOLS


def test_what_is_described_is_written_by_some_task() -> None:
    diverging = written("adding", "rnn:activation=relu,gain=3", length=200)
    assert diverging.union(*map(written, TASK_SPECS)) == set(DIAGNOSTICS)


def test_names_cover_all_cells_and_need_no_torch() -> None:
    for cell in CELLS.values():
        assert {f"half_life_{state}" for state in cell.states} <= set(DIAGNOSTICS)
        assert {f"saturation_{gate}" for gate in (*cell.gates, "h")} <= set(DIAGNOSTICS)
        for name in ("mean", "spread"):
            assert {f"{name}_{gate}" for gate in cell.gates[:-1]} <= set(DIAGNOSTICS)
    assert all(name == diagnostic.name for name, diagnostic in DIAGNOSTICS.items())
    command = "import sys, models.analysis.diagnostic_names; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", command], cwd=root, check=False).returncode == 0
