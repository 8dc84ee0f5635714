"""Lines over training steps: means over the seeds of a cell, thinned."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

MOST_POINTS = 200
"""Most points of a line; a longer one is thinned to means over equal numbers of steps."""


def mean_by_step(rows: pd.DataFrame, column: str) -> pd.Series:
    """The mean of a column at each step, over the seeds that are finite there."""
    values = rows[column].astype(float)
    return values.where(np.isfinite(values)).groupby(rows["step"]).mean()


def log_mean_by_step(rows: pd.DataFrame, column: str) -> pd.Series:
    """The mean logarithm of a column at each step, over the seeds finite and above 0 there."""
    values = rows[column].astype(float)
    values = values[np.isfinite(values) & (values > 0)]
    logs = pd.Series(np.log(values.to_numpy()), index=values.index)
    return logs.groupby(rows["step"].loc[logs.index]).mean()


def thin(line: pd.Series) -> pd.Series:
    """A line over steps in at most MOST_POINTS points, each the mean of equally many steps."""
    width = math.ceil(len(line) / MOST_POINTS)
    if width <= 1:
        return line
    bins = np.arange(len(line)) // width
    steps = pd.Series(line.index).groupby(bins).mean().round().astype(int)
    return pd.Series(line.groupby(bins).mean().to_numpy(), index=steps)
