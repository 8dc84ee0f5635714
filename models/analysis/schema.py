"""The tables of results: their columns, the types of these, and the order of the rows.

One row is one measurement; names and types are the same in the store, in data frames and in CSV
files. ``cell`` is the cell spec; ``length``, ``seed`` and ``learning_rate`` identify the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pandas as pd

from models.experiment import Experiment

MODEL_KEYS = ("cell", "length", "seed", "learning_rate")
"""The columns that tell the models of one run apart."""
MODEL_COLUMNS = ("run", "task", *MODEL_KEYS)
"""The columns that say which model a row is about."""

TEXTS = ("run", "task", "cell", "state", "diagnostic")
"""The columns of texts."""
FLAGS = ("solved", "diverged", "clipped")
"""The columns of truth values."""
NUMBERS = ("length", "test_length", "seed", "step", "t", "sequences")
"""The columns of whole numbers; what is in none of TEXTS, FLAGS and NUMBERS holds floats."""
COLUMN_TYPES = (
    dict.fromkeys(TEXTS, "str") | dict.fromkeys(FLAGS, "bool") | dict.fromkeys(NUMBERS, "int64")
)
"""The pandas type of every column that does not hold floats, by its name."""
SORT_COLUMNS = (*MODEL_KEYS, "step", "test_length", "state", "diagnostic", "t")
"""The columns by which rows are sorted; together they tell the rows of a run's table apart."""

TABLES: dict[str, tuple[str, ...]] = {
    "accuracy": (
        *MODEL_COLUMNS,
        "step",
        "accuracy",
        "loss",
        "chance_accuracy",
        "chance_loss",
        "sequences",
        "solved",
        "diverged",
    ),
    "training": (*MODEL_COLUMNS, "step", "loss", "accuracy", "gradient_norm", "clipped"),
    "gradients": (*MODEL_COLUMNS, "step", "t", "state", "gradient_norm"),
    "diagnostics": (*MODEL_COLUMNS, "step", "diagnostic", "value"),
    "influence": (*MODEL_COLUMNS, "step", "t", "influence"),
    "connectivity": (*MODEL_COLUMNS, "step", "t", "connectivity"),
    "validation": (*MODEL_COLUMNS, "step", "accuracy", "loss", "sequences"),
    "generalisation": (
        *MODEL_COLUMNS,
        "step",
        "test_length",
        "accuracy",
        "loss",
        "chance_accuracy",
        "chance_loss",
        "sequences",
    ),
}
"""The columns of every table, by the table's name, in the order in which files have them.

``models.analysis.data_dictionary`` says what each is.
"""

AT_EVERY_STEP = ("training",)
"""The tables with rows of every optimiser step."""
AT_END = ("influence", "generalisation")
"""The tables that are measured after the last optimiser step alone."""
AT_BOTH_ENDS = ("connectivity",)
"""The tables that are measured before the first optimiser step and after the last."""


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The data frame with every column in its type, even where there are no rows, or only NaN."""
    return frame.astype({name: COLUMN_TYPES.get(str(name), "float64") for name in frame})


def table_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """A data frame of these rows with columns of these names, each in its type; None is NaN."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    kinds: Iterator[Any] = (COLUMN_TYPES.get(name, "float64") for name in names)
    arrays = [pd.array(list(values), kind) for values, kind in zip(columns, kinds, strict=True)]
    return pd.DataFrame(dict(zip(names, arrays, strict=True)))


def no_rows(name: str) -> pd.DataFrame:
    """The table of this name without rows, each column in its type."""
    return _no_rows(name).copy()


@cache
def _no_rows(name: str) -> pd.DataFrame:
    return table_of([], TABLES[name])


def in_order(frame: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """The rows of a table of results in the experiment's order of cells, all else ascending.

    Models are measured in an order that depends on how many processes train them.
    """
    cells = {cell: place for place, cell in enumerate(experiment.cells)}
    return frame.sort_values(
        [name for name in SORT_COLUMNS if name in frame],
        key=lambda column: column.map(cells) if column.name == "cell" else column,
        ignore_index=True,
    )
