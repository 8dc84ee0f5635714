"""The gradient profile over training: every evaluation a row of a heat map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Neither colour is in Viridis, the scale of heat maps.
ZERO = "#808495"
BROKEN = "#e0327d"
ZERO_WORDS = "exactly 0 in float32"
BROKEN_WORDS = "overflow: not finite from here backwards"


@dataclass(frozen=True)
class Grid:
    """The values of the heat map; every array is (training steps, time steps)."""

    steps: tuple[int, ...]
    t: tuple[int, ...]
    logs: np.ndarray
    """Median over seeds of the base-10 logarithm; NaN where there is none."""
    zero: np.ndarray
    """Whether some seed's gradient is exactly 0."""
    broken: np.ndarray
    """Whether some seed's gradient is not finite."""


def gradient_grid(rows: pd.DataFrame) -> Grid:
    """The heat map of one cell's rows at one length and state."""
    norms = rows["gradient_norm"].astype(float)
    positive = np.isfinite(norms) & (norms > 0)
    labelled = rows[["step", "t"]].assign(
        logs=np.log10(norms.where(positive)), zero=norms == 0, broken=~np.isfinite(norms)
    )
    by_place = labelled.groupby(["step", "t"]).agg(
        {"logs": "median", "zero": "any", "broken": "any"}
    )
    table = by_place.unstack("t")
    if table.empty:
        nothing = np.zeros((0, 0))
        return Grid((), (), nothing, nothing.astype(bool), nothing.astype(bool))
    broken = table["broken"].eq(True).to_numpy()  # a place without a row is neither
    zero = table["zero"].eq(True).to_numpy() & ~broken
    logs = np.where(zero | broken, np.nan, table["logs"].to_numpy(dtype=float))
    return Grid(tuple(table.index), tuple(table["logs"].columns), logs, zero, broken)
