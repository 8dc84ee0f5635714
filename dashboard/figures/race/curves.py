"""The rows that the accuracy figure draws of each cell, at any moment of training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.figures.style import in_order
from models.analysis.statistics import latest_at, summarise_models

ASIDE = 0.08
"""Distance between two cells where there is one length, as a share of the axis."""

Row = Mapping[Hashable, Any]
"""A row of a table, by column."""


@dataclass(frozen=True)
class Curve:
    """The rows that are drawn of one cell."""

    cell: str
    means: Sequence[Row]
    """One row per length, shortest first, with the columns of ``summarise``."""
    models: Sequence[Row]
    """The last accuracy row of every model; ``beside`` is its place around its length."""
    place: float
    """The place among the cells: 0 in the middle, one apart."""
    aside: float
    """Shift along the axis, as a share of it: cells of a single length stand side by side."""


def curves(
    accuracy: pd.DataFrame, steps: Sequence[int], cells: Sequence[str] = ()
) -> list[list[Curve]]:
    """The curves of all cells, in the order of the registry, at each of these training steps.

    ``steps`` ascend. ``cells`` have a curve even before their first row.
    """
    models = latest_at(accuracy, steps).sort_values(["length", "seed"])
    ranks = models["seed"].rank(method="dense")
    placed = models.assign(beside=ranks - (1 + ranks.max()) / 2)
    means = _rows_at(summarise_models(models, ["cell", "at", "length"]))
    dots = _rows_at(placed)
    order = in_order([*cells, *accuracy["cell"].unique()])
    aside = ASIDE if accuracy["length"].nunique() == 1 else 0
    places = {cell: number - (len(order) - 1) / 2 for number, cell in enumerate(order)}
    return [
        [
            Curve(cell, means[step, cell], dots[step, cell], place, aside * place)
            for cell, place in places.items()
        ]
        for step in steps
    ]


def _rows_at(table: pd.DataFrame) -> Mapping[tuple[int, str], list[Row]]:
    rows: defaultdict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in table.to_dict("records"):
        rows[row["at"], row["cell"]].append(row)
    return rows
