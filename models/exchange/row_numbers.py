"""Numbers for the rows of results: rows that measure the same thing have the same number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.row_order import BY
from models.analysis.schema import TABLES
from models.cells import make_cell
from models.experiment import Experiment
from models.tasks import make_task

MODEL = ("cell", "length", "seed", "learning_rate")
"""The columns that tell the models of a run apart."""


def six_digits(number: float) -> float:
    """The number as a CSV has it."""
    return float(f"{number:.6g}")


class RowNumbers:
    """The values that a table of an experiment may have in the columns of ``row_order.BY``.

    The place of each value among them makes up the number of a row. Numbers ascend in the order of
    ``row_order.in_order``, and the largest experiment has fewer than an int64.
    """

    def __init__(self, table: str, experiment: Experiment) -> None:
        values: dict[str, Any] = {
            "cell": experiment.cells,
            "length": experiment.lengths,
            "seed": range(experiment.first_seed, experiment.first_seed + experiment.seeds),
            "learning_rate": [six_digits(rate) for rate in experiment.learning_rate],
            "step": range(1 if table == "training" else 0, experiment.steps + 1),
            "test_length": experiment.test_lengths,
            "state": sorted({one for cell in experiment.cells for one in make_cell(cell).states}),
            "diagnostic": sorted(DIAGNOSTICS),
            "t": range(1, max(map(make_task(experiment.task).steps, experiment.lengths)) + 1),
        }
        self.values: dict[str, pd.Index[Any]] = {
            name: pd.Index(values[name]) for name in BY if name in TABLES[table]
        }
        self._rates: pd.Index[Any] = pd.Index(experiment.learning_rate)
        self._shape = tuple(len(known) for known in self.values.values())

    def places(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """Returns where each value of the rows stands in its column; -1 where it cannot be."""
        return {
            name: known.get_indexer(pd.Index(rows[name])) for name, known in self.values.items()
        }

    def numbers(self, places: Mapping[str, np.ndarray]) -> np.ndarray:
        """Returns the number of each row, int64, from its places."""
        return np.ravel_multi_index(tuple(places[name] for name in self.values), self._shape)

    def models(self, places: Mapping[str, np.ndarray]) -> np.ndarray:
        """Returns the number of the model of each row, from its places."""
        model = tuple(places[name] for name in MODEL)
        return np.ravel_multi_index(model, self._shape[: len(MODEL)])

    def columns(self, numbers: np.ndarray) -> pd.DataFrame:
        """Returns the columns that rows with these numbers have, learning rates as exact as set."""
        exact: dict[str, pd.Index[Any]] = {**self.values, "learning_rate": self._rates}
        places = zip(exact.items(), np.unravel_index(numbers, self._shape), strict=True)
        return pd.DataFrame({name: known.take(place) for (name, known), place in places})

    def steps(self, numbers: np.ndarray, model: int) -> np.ndarray:
        """Returns the training steps of those rows that are this model's."""
        own = numbers // math.prod(self._shape[len(MODEL) :]) == model
        return self.columns(numbers[own])["step"].to_numpy()
