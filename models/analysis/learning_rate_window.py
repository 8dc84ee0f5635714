"""The learning-rate window: the rates at which the models of a cell learn a task at a length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from models.analysis.statistics import chosen_rates, latest
from models.analysis.words import number
from models.tasks.task import MIDDLE, scaled_score


@dataclass(frozen=True)
class Window:
    """The rates around the chosen one that work, out of those that were tried."""

    low: float
    """The lowest; NaN where none works."""
    high: float
    """The highest."""
    closed: bool
    """Whether a lower and a higher rate were tried, which do not work."""

    @property
    def text(self) -> str:
        """The window for people, such as "0.002 to 0.02, a factor of 10 at least"."""
        if self.low != self.low:
            return "none of these rates"
        if self.low == self.high:
            return f"{number(self.low)} alone" if self.closed else number(self.low)
        factor = f"a factor of {number(self.high / self.low)}"
        return f"{number(self.low)} to {number(self.high)}, {factor}" + (
            "" if self.closed else " at least"
        )


def rate_scores(validation: pd.DataFrame, chance: Mapping[int, float]) -> pd.DataFrame:
    """How well each learning rate does: one row a (cell, length, learning_rate), ascending.

    ``chance`` is the chance accuracy at each length. Columns beside those three: ``accuracy``, the
    latest on validation sequences, averaged over seeds; ``works``, whether that is above the middle
    between chance and 1; ``chosen``, whether the rate is the one that the cell is shown with.
    """
    keys = ["cell", "length", "learning_rate"]
    scores = latest(validation).groupby(keys, as_index=False)["accuracy"].mean()
    scaled = scaled_score(scores["accuracy"], scores["length"].map(chance))
    best = chosen_rates(validation).assign(chosen=True)
    marked: pd.DataFrame = scores.assign(works=scaled >= MIDDLE).merge(best, on=keys, how="left")
    marked["chosen"] = marked["chosen"].eq(True)
    return marked


def rate_window(scores: pd.DataFrame) -> Window:
    """The window of one cell at one length, from its rows of ``rate_scores``."""
    rates, works = scores["learning_rate"].tolist(), scores["works"].tolist()
    low = high = scores["chosen"].tolist().index(True)
    if not works[low]:
        return Window(float("nan"), float("nan"), closed=True)
    while low > 0 and works[low - 1]:
        low -= 1
    while high + 1 < len(rates) and works[high + 1]:
        high += 1
    return Window(rates[low], rates[high], closed=low > 0 and high + 1 < len(rates))


def rate_windows(scores: pd.DataFrame) -> pd.DataFrame:
    """The windows in words, from ``rate_scores``: a row for each cell, a column for each length."""
    windows = [
        {"cell": cell, "length": length, "window": rate_window(own).text}
        for (cell, length), own in scores.groupby(["cell", "length"], sort=False)
    ]
    return pd.DataFrame(windows).pivot(index="cell", columns="length", values="window")
