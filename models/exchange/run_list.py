"""The list of runs as a table: one row a run, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from models.exchange.csv_writing import write_csv
from models.store.run import Run

COLUMNS = (
    *("run", "name", "notes", "tags", "task", "cells", "lengths", "seeds", "steps", "status"),
    *("created", "memory_spans"),
)


def run_list(runs: Sequence[Run]) -> pd.DataFrame:
    """The columns COLUMNS of these runs, all texts but for seeds and steps."""
    rows = [
        (
            run.id,
            run.labels.name,
            run.labels.notes,
            ", ".join(run.labels.tags),
            run.experiment.task,
            " ".join(run.experiment.cells),
            " ".join(map(str, run.experiment.lengths)),
            run.experiment.seeds,
            run.done_steps,
            run.status,
            run.created.isoformat(timespec="seconds"),
            "; ".join(f"{one.cell} {one.span_in_words()}" for one in run.summary or ()),
        )
        for run in runs
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_run_list(runs: Sequence[Run], path: Path) -> None:
    """Writes the list as CSV; what looks like a formula is made plain text. Raises OSError."""
    write_csv(run_list(runs), path)
