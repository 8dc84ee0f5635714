"""What tables, figures and reports compare: the cells of one run, or of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

import pandas as pd

from models.analysis.cell_style import in_order
from models.cells import cell_label, cell_title
from models.exchange.files import Results
from models.experiment import Experiment
from models.store.run import short_id
from models.tasks import task_title

LONGEST = 24
"""Characters of a run's name beside that of a cell."""


@dataclass(frozen=True)
class Compared:
    """One cell of one run."""

    run: str
    cell: str
    label: str
    """For people: the cell's name, and that of the run where there are several."""
    accuracy: pd.DataFrame
    """Its rows of the table ``accuracy``."""


def compared(runs: Sequence[Results]) -> list[Compared]:
    """Every cell of every run that has been evaluated, in the order of the runs and their cells."""
    found = []
    for results, run in zip(runs, _short_names(runs), strict=True):
        accuracy = results.accuracy
        name = f" · {run}" if len(runs) > 1 else ""
        for cell in results.experiment.cells:
            own = accuracy[accuracy["cell"] == cell]
            if len(own):
                found.append(Compared(results.run, cell, cell_label(cell) + name, own))
    return found


def _short_names(runs: Sequence[Results]) -> list[str]:
    """What distinguishes the runs: their names, or short ids where they have none of their own."""
    names = [shorten(results.labels.name, LONGEST, placeholder="…") for results in runs]
    return [
        name if name and names.count(name) == 1 else run_name(results)
        for name, results in zip(names, runs, strict=True)
    ]


def question_of(experiments: Sequence[Experiment]) -> str:
    """What these experiments ask, in words: the title of their report unless another is given."""
    cells = in_order(cell for experiment in experiments for cell in experiment.cells)
    tasks = dict.fromkeys(task_title(experiment.task) for experiment in experiments)
    which = cell_title(cells[0]) if len(cells) == 1 else f"each of {len(cells)} recurrent cells"
    return f"How far back does {which} remember? {'; '.join(tasks)}"


def run_name(results: Results) -> str:
    """The run for people, by its short id."""
    return f"run {short_id(results.run)}"


def run_title(results: Results) -> str:
    """The run by its name, if it has one, and its short id."""
    name = results.labels.name
    return f"{name} ({run_name(results)})" if name else run_name(results)
