"""The order of rows: the experiment's, not the one in which they were measured."""

from __future__ import annotations

import pandas as pd

from models.experiment import Experiment

BY = (
    "cell",
    "length",
    "seed",
    "learning_rate",
    "step",
    "test_length",
    "state",
    "diagnostic",
    "t",
)


def in_order(frame: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Rows of any table of results: cells as in the experiment, all else ascending."""
    cells = {cell: place for place, cell in enumerate(experiment.cells)}
    return frame.sort_values(
        [name for name in BY if name in frame],
        key=lambda column: column.map(cells) if column.name == "cell" else column,
        ignore_index=True,
    )
