"""Half-lives: several as one, and in words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def median_half_life(lives: ArrayLike) -> float:
    """The half-life of the median rate: some may double while others halve or are level."""
    with np.errstate(divide="ignore"):
        rate = float(np.median(1 / np.asarray(lives, float)))
    return math.inf if rate == 0 else 1 / rate


def half_life_words(half_life: float) -> str:
    """Such as "halves every 12 steps", "doubles every 5 steps", "level"."""
    if math.isnan(half_life):
        return "not measurable"
    if half_life == 0:
        return "is gone after a step"
    if math.isinf(half_life):
        return "level"
    steps = f"{abs(half_life):.0f}" if abs(half_life) >= 9.95 else f"{abs(half_life):.1f}"
    steps = steps.removesuffix(".0")
    every = "step" if steps == "1" else f"{steps} steps"
    return f"{'halves' if half_life > 0 else 'doubles'} every {every}"
