"""Checks whether each row of a table can have been measured in an experiment."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.diagnostic_names import DIAGNOSTICS
from models.cells import make_cell
from models.exchange.csv_reading import TableError
from models.exchange.row_numbers import RowNumbers, six_digits
from models.exchange.table_files import place_in
from models.experiment import Experiment
from models.settings.quoting import quoted
from models.tasks import make_task
from models.tasks.task import MIDDLE, Baseline, Split, scaled_score

AT_THE_END = ("influence", "generalisation")
"""The tables that are measured after the last step alone."""
SAYS = "experiment.json has"
SHOWN = 5
"""How many of the values that a column may have are shown."""
ROUNDING = 1e-5
"""How far off six digits of a CSV may be, and then some."""


class Block:
    """Some rows of one table of an experiment, of which the first stands on this line of its file.

    Every check raises TableError, which names the first row that fails it; a check of a column that
    the table does not have holds.
    """

    def __init__(self, file: str, experiment: Experiment, rows: pd.DataFrame, line: int) -> None:
        """``file`` is one of ``table_files.TABLE_FILES``."""
        self.file, self.experiment, self.rows, self.line = file, experiment, rows, line
        self.name = PurePath(file).stem
        self.task = make_task(experiment.task)

    def refuse(self, column: str, bad: Any, why: str) -> None:
        """Raises TableError where any row is bad."""
        if (bad := np.asarray(bad)).any():
            value = self.rows[column].to_numpy()[bad.argmax()]
            found = quoted(value.item() if isinstance(value, np.generic) else value)
            line = self.line + bad.argmax()
            raise TableError(f"{place_in(self.file)} {line}: {column} is {found}, {why}")

    def only(self, column: str, known: str) -> None:
        """Checks that the column has nothing but this value."""
        self.refuse(column, self.rows[column] != known, f"{SAYS} {known}")

    def places(self, numbers: RowNumbers) -> dict[str, np.ndarray]:
        """Returns the places of the rows; checks that the experiment has each of their values."""
        given = self.rows["learning_rate"]
        rounded = given.map({rate: six_digits(rate) for rate in given.unique()})
        places = numbers.places(self.rows.assign(learning_rate=rounded))
        for column, known in numbers.values.items():
            says = f"{SAYS} {_some(known)}"
            if column == "t":
                says = "no step of a sequence of this length"
            elif column == "diagnostic":
                says = f"known are {_some(DIAGNOSTICS)}"
            elif isinstance(known, pd.RangeIndex):
                says = f"it can only be from {known.start} to {known.stop - 1}"
            self.refuse(column, places[column] < 0, says)
        return places

    def checked(self, places: dict[str, np.ndarray]) -> pd.DataFrame:
        """Returns the rows, in which learning rates and chance levels are those of the settings.

        Checks that no value contradicts the settings or the other values of its row.
        """
        rates = np.array(self.experiment.learning_rate)[places["learning_rate"]]
        self.rows = self.rows.assign(learning_rate=rates)
        for column in ("accuracy", "influence"):
            self.within(column, 0, 1)
        for column in ("loss", "gradient_norm", "connectivity"):
            self.within(column, 0, np.inf, nan=True)
        self.steps(places)
        if "accuracy" in self.rows:
            self.scores(places)
        if "clipped" in self.rows:
            self.clipping()
        if "diagnostic" in self.rows:
            shares = [name for name, one in DIAGNOSTICS.items() if one.unit.endswith("from 0 to 1")]
            outside = ~self.rows["value"].between(0, 1) & self.rows["value"].notna()
            bad = outside & self.rows["diagnostic"].isin(shares)
            self.refuse("value", bad, "a share can only be from 0 to 1")
        return self.rows

    def within(self, column: str, least: float, most: float, nan: bool = False) -> None:
        """Checks that numbers lie between these, themselves included."""
        if column in self.rows:
            fine = self.rows[column].between(least, most)
            fine |= self.rows[column].isna() & nan
            upto = f" to {most}" if most < np.inf else " up"
            self.refuse(column, ~fine, f"it can only be from {least}{upto}")

    def steps(self, places: dict[str, np.ndarray]) -> None:
        """Checks that a table has rows of those steps, and states, alone that it is measured at."""
        end, step = self.experiment.steps, self.rows["step"]
        if self.name in AT_THE_END:
            self.refuse("step", step != end, f"this is measured after step {end} alone")
        if self.name == "connectivity":
            self.refuse(
                "step", ~step.isin([0, end]), f"this is measured at steps 0 and {end} alone"
            )
        if "state" in self.rows:
            for cell in self.rows["cell"].unique():
                known = make_cell(cell).states
                bad = (self.rows["cell"] == cell) & ~self.rows["state"].isin(known)
                self.refuse("state", bad, f"{cell} has {_some(known)}")
        if "t" in self.rows:
            last = by_length(self.experiment.lengths, self.task.steps)[places["length"]]
            self.refuse("t", self.rows["t"] > last, "no step of a sequence of this length")

    def scores(self, places: dict[str, np.ndarray]) -> None:
        """Checks that accuracy and loss fit each other, and what follows from them."""
        if "sequences" in self.rows:
            batch = self.experiment.batch_size
            drawn = -(-self.experiment.held_out // batch) * batch
            split: Split = "validation" if self.name == "validation" else "held_out"
            sequences = self.task.independent(drawn, split)
            # The first release counted every sequence of a finite set as often as it was drawn.
            bad = ~self.rows["sequences"].isin([sequences, drawn])
            self.refuse("sequences", bad, f"the experiment evaluates on {sequences}")
            self.rows["sequences"] = sequences
        column = "test_length" if "test_length" in self.rows else "length"
        lengths, place = getattr(self.experiment, f"{column}s"), places[column]
        task = self.task
        scored = by_length(lengths, lambda one: task.scored_steps(one) / task.target_steps(one))
        # Cross-entropy of an answer that is not the likeliest, or the square of one that is off.
        wrong = math.log(2) if self.task.loss == "cross_entropy" else self.task.tolerance**2
        accuracy, loss = self.rows["accuracy"], self.rows["loss"]
        least = (1 - accuracy - ROUNDING) * wrong * scored[place]
        self.refuse("loss", loss < least, "too low for its accuracy")
        if "chance_accuracy" in self.rows:
            chance = [_chance(self.experiment.task, length) for length in lengths]
            self.rows["chance_accuracy"] = np.array([one.accuracy for one in chance])[place]
            self.rows["chance_loss"] = np.array([one.loss for one in chance])[place]
        if "solved" in self.rows:
            self.solved(accuracy, loss, scored[place])

    def solved(self, accuracy: pd.Series, loss: pd.Series, scored: np.ndarray) -> None:
        """Checks ``solved`` by the task's criterion; the first release asked for nothing more."""
        # Comparisons, of columns as of numbers. The loss counts at the scored steps alone.
        meets: Any = self.task.meets_criterion
        low, high = loss.where(scored == 1, 0), loss / scored
        can = meets(accuracy + ROUNDING, low * (1 - ROUNDING))
        must = meets(accuracy - ROUNDING, high * (1 + ROUNDING))
        must &= scaled_score(accuracy - ROUNDING, self.rows["chance_accuracy"]) >= MIDDLE
        solved = self.rows["solved"]
        self.refuse("solved", (solved & ~can) | (~solved & must), "its accuracy says otherwise")

    def clipping(self) -> None:
        """Checks that a gradient is clipped where, and only where, it is above the threshold.

        Clipping by value says nothing of a gradient whose norm is above.
        """
        threshold, norm = self.experiment.clip, self.rows["gradient_norm"]
        clipped = self.rows["clipped"]
        bad = clipped & ((norm < threshold * (1 - ROUNDING)) | (threshold == 0))
        if self.experiment.clip_by == "norm" and threshold > 0:
            bad |= ~clipped & np.isfinite(norm) & (norm > threshold * (1 + ROUNDING))
        self.refuse(
            "clipped", bad, f"its gradient_norm and the threshold {threshold:g} say otherwise"
        )


@cache
def _chance(task: str, length: int) -> Baseline:
    return make_task(task).chance(length)


def by_length(lengths: Iterable[int], value: Callable[[int], float]) -> np.ndarray:
    """Returns the value for each of the lengths."""
    return np.array([value(length) for length in lengths])


def _some(known: Collection[Any]) -> str:
    few = ", ".join(str(one) for one in list(known)[:SHOWN]) or "none"
    return few + (", …" if len(known) > SHOWN else "")
