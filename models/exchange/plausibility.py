"""Whether the rows of a table can have been measured in an experiment."""

from __future__ import annotations

from collections.abc import Collection, Hashable

import numpy as np
import pandas as pd

from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.schema import SORT_COLUMNS
from models.cells import make_cell
from models.exchange.csv_reading import TableError, line_of
from models.experiment import Experiment
from models.experiment.experiment import MAX_BATCH_SIZE, MAX_HELD_OUT
from models.settings.quoting import quoted
from models.tasks import make_task

SHARES = ("accuracy", "chance_accuracy", "influence")
"""Columns from 0 to 1."""
NEVER_NEGATIVE = ("loss", "gradient_norm", "connectivity")
"""Columns that may be NaN, or infinite, in a model that diverged."""
MAX_SEQUENCES = MAX_HELD_OUT + MAX_BATCH_SIZE
"""Held-out sequences come in whole batches."""
SAYS = "experiment.json has"
SHOWN = 5
"""Of the values that a column may have."""


def checked(name: str, rows: pd.DataFrame, run_id: str, experiment: Experiment) -> pd.DataFrame:
    """The rows of this table, learning rates as exact as in the experiment.

    Raises TableError on a row that this run of the experiment cannot have measured, on one that is
    there twice, and on a gradient profile with steps missing.
    """
    table = _Table(name, rows)
    table.one_of("run", [run_id])
    table.one_of("task", [experiment.task])
    table.one_of("cell", experiment.cells)
    table.one_of("length", experiment.lengths)
    table.one_of("test_length", experiment.test_lengths)
    table.one_of("diagnostic", DIAGNOSTICS, "known are")
    table.within("seed", experiment.seed_numbers[0], experiment.seed_numbers[-1])
    exact = table.exact_rates(experiment)
    table.within("step", 1 if name == "training" else 0, experiment.steps)
    table.within("sequences", 1, MAX_SEQUENCES)
    table.within("chance_loss", 0, np.inf)
    for column in SHARES:
        table.within(column, 0, 1)
    for column in NEVER_NEGATIVE:
        table.within(column, 0, np.inf, nan=True)
    table.states()
    table.time_steps(experiment)
    table.once(experiment)
    return exact


class _Table:
    """One table; a check of a column that it does not have holds."""

    def __init__(self, name: str, rows: pd.DataFrame) -> None:
        self.name, self.rows = name, rows

    def refuse(self, column: str, bad: pd.Series, allowed: str) -> None:
        """Raises TableError where any row is bad; names the first."""
        if bad.any():
            value = self.rows[column].to_numpy()[bad.to_numpy().argmax()]
            found_value = quoted(value.item() if isinstance(value, np.generic) else value)
            line = line_of(bad)
            raise TableError(f"{self.name}.csv, line {line}: {column} is {found_value}, {allowed}")

    def one_of(self, column: str, known: Collection[Hashable], says: str = SAYS) -> None:
        if column in self.rows:
            bad = ~self.rows[column].isin(list(known))
            self.refuse(column, bad, f"{says} {_some(known)}")

    def within(self, column: str, least: float, most: float, nan: bool = False) -> None:
        if column in self.rows:
            fine = self.rows[column].between(least, most)
            fine |= self.rows[column].isna() & nan
            upto = f" to {most}" if most < np.inf else " up"
            self.refuse(column, ~fine, f"it can only be from {least}{upto}")

    def exact_rates(self, experiment: Experiment) -> pd.DataFrame:
        """A CSV has six digits of them."""
        shown = {f"{rate:.6g}": rate for rate in experiment.learning_rate}
        given = self.rows["learning_rate"]
        exact = given.map({rate: shown.get(f"{rate:.6g}", np.nan) for rate in given.unique()})
        self.refuse("learning_rate", exact.isna(), f"{SAYS} {_some(shown)}")
        return self.rows.assign(learning_rate=exact.astype("float64"))

    def states(self) -> None:
        if "state" in self.rows:
            for cell in self.rows["cell"].unique():
                known = make_cell(cell).states
                bad = (self.rows["cell"] == cell) & ~self.rows["state"].isin(known)
                self.refuse("state", bad, f"{cell} has {_some(known)}")

    def time_steps(self, experiment: Experiment) -> None:
        """From 1 to the steps of the model's sequences."""
        if "t" in self.rows:
            last = self._last_steps(experiment)
            bad = ~self.rows["t"].between(1, last)
            self.refuse("t", bad, "no step of a sequence of this length")

    def once(self, experiment: Experiment) -> None:
        """No row is there twice, and no step of a gradient profile is missing."""
        identity = [column for column in SORT_COLUMNS if column in self.rows]
        if (twice := self.rows.duplicated(identity)).any():
            line = line_of(twice)
            raise TableError(f"{self.name}.csv, line {line}: this was measured before, see above")
        if self.name == "gradients" and len(self.rows):
            profile = [column for column in identity if column != "t"]
            steps = self.rows.groupby(profile, sort=False)["t"].transform("size")
            missing = steps < self._last_steps(experiment)
            if missing.any():
                raise TableError(
                    f"{self.name}.csv, line {line_of(missing)}: the profile that begins here "
                    "does not have every step t of the sequence"
                )

    def _last_steps(self, experiment: Experiment) -> pd.Series:
        task = make_task(experiment.task)
        steps = {length: task.steps(length) for length in experiment.lengths}
        return self.rows["length"].map(steps).astype("int64")


def _some(known: Collection[Hashable]) -> str:
    few = ", ".join(str(one) for one in list(known)[:SHOWN]) or "none"
    return few + (", …" if len(known) > SHOWN else "")
