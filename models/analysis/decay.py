"""How fast the gradient decays on its way back, as a half-life in steps."""

from __future__ import annotations

import math

import numpy as np

MOST_POINTS = 100
"""Of a longer profile, this many evenly spread points are fitted."""
FEWEST_POINTS = 3
SMALLEST = 1.2e-38
"""The smallest normal float32; below it, a norm has lost its digits or is 0."""
LEVEL = 1e-6
"""Slopes nearer to 0 than this, in nats per step, are none."""


def half_life(norms: np.ndarray) -> float:
    """Steps back over which the gradient halves; negative: over which it doubles.

    ``norms`` is a profile ‖∂L/∂s_t‖, t from 1 to T. With b the slope of ln norm against the lag
    T - t, it is ln 2 / -b. The slope is the median of the slopes between all pairs of points
    (Theil 1950, Sen 1968): up to 29 % of them may be anything. Norms that are not finite, 0, or
    too small for float32 are left out. inf where the profile is level, NaN where fewer than
    FEWEST_POINTS are left.
    """
    norms = np.asarray(norms, float)
    lags = np.arange(len(norms))[::-1]
    usable = np.flatnonzero(np.isfinite(norms) & (norms >= SMALLEST))
    if len(usable) < FEWEST_POINTS:
        return math.nan
    if len(usable) > MOST_POINTS:
        usable = usable[np.linspace(0, len(usable) - 1, MOST_POINTS).round().astype(int)]
    slope = _theil_sen(lags[usable], np.log(norms[usable]))
    return math.inf if abs(slope) < LEVEL else -math.log(2) / slope


def _theil_sen(x: np.ndarray, y: np.ndarray) -> float:
    """The median slope; scipy.stats has it too, at the price of 47 MB in a process."""
    one, other = np.triu_indices(len(x), 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))
