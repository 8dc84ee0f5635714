"""Half-lives in words."""

from __future__ import annotations

import math


def half_life_words(half_life: float) -> str:
    """Such as "halves every 12 steps", "doubles every 5 steps", "level"."""
    if math.isnan(half_life):
        return "not measurable"
    if half_life == 0:
        return "is gone after a step"
    if math.isinf(half_life):
        return "level"
    steps = f"{shown_half_life(abs(half_life)):.10g}"
    every = "step" if steps == "1" else f"{steps} steps"
    return f"{'halves' if half_life > 0 else 'doubles'} every {every}"


def half_life_predicate(half_life: float) -> str:
    """The same with a verb: "the gradient is level", "the gradient could not be measured"."""
    verbs = {"level": "is level", "not measurable": "could not be measured"}
    words = half_life_words(half_life)
    return verbs.get(words, words)


def shown_half_life(half_life: float) -> float:
    """A half-life as ``half_life_words`` shows it: whole from 10 on, else to one decimal.

    One that would be 0 then has one digit that is not; what is not finite is as it was.
    """
    if not math.isfinite(half_life):
        return half_life
    digits = 0 if abs(half_life) >= 9.95 else 1
    return round(half_life, digits) or float(f"{half_life:.1g}")
