"""A run in short: how many of each cell's models remember and solve each length, and its span.

It is what a list of runs shows, and all that spans of several runs are compared by.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.memory_span import (
    COLUMNS,
    Estimate,
    count_models,
    estimate,
    memory_spans,
    span_in_words,
)
from models.analysis.statistics import select_learning_rate, trained

COUNTS = ("models", "trained", "remember", "solved")
"""What is counted of a cell at each length; ``trained`` are the models that have not diverged."""


@dataclass(frozen=True)
class CellSummary:
    """One cell of a run: counts of its models by length, and its memory span."""

    cell: str
    lengths: tuple[int, ...]
    """Those tested, ascending; the counts have the same shape."""
    models: tuple[int, ...]
    trained: tuple[int, ...]
    remember: tuple[int, ...]
    solved: tuple[int, ...]
    span: float
    bound: str
    low: float
    high: float
    text: str
    interval: str
    """The last six are the cell's row of ``memory_spans``."""

    def span_in_words(self) -> str:
        """The memory span with its interval: "48 (41–55)"."""
        return span_in_words({"text": self.text, "interval": self.interval})

    def estimate(self) -> Estimate | None:
        """The memory span with its posterior; None where every model has diverged."""
        return pooled([self])


RunSummary = tuple[CellSummary, ...]
"""The cells of a run of which every model has been evaluated after training steps."""


def summarise_run(accuracy: pd.DataFrame, validation: pd.DataFrame) -> RunSummary:
    """The summary of a run from its tables, at the best learning rate where it tried several."""
    rows = trained(select_learning_rate(accuracy, validation))
    if rows.empty:
        return ()
    counts = {str(cell): own for cell, own in count_models(rows).groupby("cell")}
    found = []
    for row in memory_spans(rows).to_dict("records"):
        own = counts[str(row["cell"])]
        values: dict[str, Any] = {name: _whole(own[name]) for name in COUNTS}
        values |= {name: row[name] for name in COLUMNS}
        found.append(CellSummary(lengths=_whole(own["length"]), **values))
    return tuple(found)


def pooled(cells: Sequence[CellSummary]) -> Estimate | None:
    """The memory span of all models of these together; None where there are none, or all diverged.

    They are of one cell, in runs that count as one.
    """
    counts = totals(cells)
    if not counts["trained"].sum():
        return None
    return estimate(
        counts.index.to_numpy(float),
        counts["remember"].to_numpy(float),
        counts["models"].to_numpy(float),
    )


def totals(cells: Sequence[CellSummary]) -> pd.DataFrame:
    """The columns COUNTS of all of these together, by length, ascending."""
    frames = [
        pd.DataFrame({name: getattr(one, name) for name in COUNTS}, index=list(one.lengths))
        for one in cells
    ]
    if not frames:
        return pd.DataFrame(columns=list(COUNTS), dtype=int)
    return pd.concat(frames).groupby(level=0).sum()


def summary_text(summary: RunSummary) -> str:
    """The summary as JSON, which ``read_summary`` reads."""
    return json.dumps([asdict(cell) for cell in summary])


@lru_cache(maxsize=2000)
def read_summary(text: str) -> RunSummary:
    """The summary that ``summary_text`` wrote."""
    return tuple(
        CellSummary(**{name: _tuple(value) for name, value in cell.items()})
        for cell in json.loads(text)
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _whole(column: pd.Series) -> tuple[int, ...]:
    return tuple(np.asarray(column, int).tolist())
