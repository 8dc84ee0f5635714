"""What tables, figures and reports compare: the cells of one run, or of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from models.cells import cell_label
from models.exchange.files import Results


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
    for results in runs:
        accuracy = results.accuracy
        name = f" · {run_name(results)}" if len(runs) > 1 else ""
        for cell in results.experiment.cells:
            own = accuracy[accuracy["cell"] == cell]
            if len(own):
                found.append(Compared(results.run, cell, cell_label(cell) + name, own))
    return found


def run_name(results: Results) -> str:
    """The run for people: its id without the part that nobody can guess."""
    return f"run {results.run.rpartition('-')[0] or results.run}"
