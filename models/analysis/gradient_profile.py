"""What a gradient profile says of a model: its half-life and its horizon, as numbers and in words.

A profile is ‖∂L/∂s_t‖, (T,), for t from 1 to T, with s one of the states h and c.
"""

from __future__ import annotations

import math

import numpy as np

from models.analysis.words import count

MAX_POINTS = 100
"""The half-life of a longer profile is fitted to this many evenly spread points of it."""
MIN_POINTS = 3
"""A half-life is fitted to at least this many points."""
SMALLEST = 1.2e-38
"""The smallest normal float32; a smaller norm has lost its digits or is 0."""
LEVEL = 1e-6
"""A slope nearer to 0 than this, in nats per step, counts as 0."""
HORIZON_SHARE = 0.01
"""The horizon of a gradient ends where its norm is below this share of the norm at T."""


def half_life(norms: np.ndarray) -> float:
    """The steps back over which a profile ``norms``, (T,), halves; negative where it doubles.

    With b the slope of the natural logarithm of the norm against the lag T - t, it is ln 2 / -b.
    The slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968): up to
    29% of the points may be anything. Norms that are not finite, 0, or too small for float32 are
    left out. inf where the profile is level, NaN where fewer than MIN_POINTS norms are left.
    """
    norms = np.asarray(norms, float)
    lags = np.arange(len(norms))[::-1]
    usable = np.flatnonzero(np.isfinite(norms) & (norms >= SMALLEST))
    if len(usable) < MIN_POINTS:
        return math.nan
    if len(usable) > MAX_POINTS:
        usable = usable[np.linspace(0, len(usable) - 1, MAX_POINTS).round().astype(int)]
    slope = _theil_sen(lags[usable], np.log(norms[usable]))
    return math.inf if abs(slope) < LEVEL else -math.log(2) / slope


def _theil_sen(x: np.ndarray, y: np.ndarray) -> float:
    """The median slope between points (n,); scipy.stats has it too, but takes 47 MB of memory."""
    one, other = np.triu_indices(len(x), 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))


def gradient_horizon(norms: np.ndarray) -> int:
    """The steps back up to which a profile ``norms``, (T,), stays above HORIZON_SHARE of its end.

    The result is from 0 to T - 1. A norm that overflowed is above every share, NaN is below. It is
    0 where the norm at T is 0.
    """
    norms = np.asarray(norms, float)
    reached = (norms >= HORIZON_SHARE * norms[-1]) & (norms[-1] > 0)
    unbroken = np.logical_and.accumulate(reached[::-1])
    return max(int(unbroken.sum()) - 1, 0)


def half_life_words(half_life: float) -> str:
    """A half-life as "halves every 12 steps", "doubles every 5 steps", "level"."""
    if math.isnan(half_life):
        return "not measurable"
    if half_life == 0:
        return "is gone after one step"
    if math.isinf(half_life):
        return "level"
    steps = shown_half_life(abs(half_life))
    every = "step" if steps == 1 else count(steps, "step")
    return f"{'halves' if half_life > 0 else 'doubles'} every {every}"


def half_life_predicate(half_life: float) -> str:
    """A half-life as the predicate of a sentence: "is level", "could not be measured"."""
    verbs = {"level": "is level", "not measurable": "could not be measured"}
    words = half_life_words(half_life)
    return verbs.get(words, words)


def shown_half_life(half_life: float) -> float:
    """A half-life rounded as ``half_life_words`` shows it: whole from 10 on, else to one decimal.

    One that would then be 0 keeps one digit that is not 0; what is not finite stays as it is.
    """
    if not math.isfinite(half_life):
        return half_life
    digits = 0 if abs(half_life) >= 9.95 else 1
    return round(half_life, digits) or float(f"{half_life:.1g}")
