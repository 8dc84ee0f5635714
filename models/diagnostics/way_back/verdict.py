"""What is left of the gradient at the first step, in sentences made from the numbers."""

from __future__ import annotations

import math

from models.analysis.words import count, number, percent, power_of_ten, scientific

VERDICTS = {0.5: "vanishes", 0.9: "fades slowly", 1.1: "is kept", 2.0: "grows slowly"}
"""What a gradient does of which up to this share is left at the first step."""
BEYOND = "explodes"
"""What one does of which more is left."""
MANY = 100
"""So many steps are what the average step is extrapolated to."""
SMALL = 1e-5
"""A smaller share is a power of ten, not a percentage."""


def verdict(symbol: str, last: float, first: float, steps_back: int, reason: str) -> str:
    """Says what is left of a gradient ``steps_back`` steps back, and why.

    ``symbol`` is what people write for it, such as ∂L/∂h; ``last`` and ``first`` are its values at
    the last and at the first step, ``reason`` is whole sentences.
    """
    if last == 0:
        return "The answer is exactly right, so there is no gradient that could go back."
    share = abs(first / last)
    if share == 0:
        return f"At step 1 nothing is left of {symbol}: it has vanished. {reason}"
    if share > 1:
        left = f"{symbol} is {number(share)} times what it was"
    else:
        left = f"{share_words(share)} of {symbol} is left"
    does = next((word for most, word in VERDICTS.items() if share <= most), BEYOND)
    back = count(steps_back, "step")
    rate = share ** (1 / steps_back)
    return f"At step 1, {back} back, {left}: it {does}. {reason} {_at_this_rate(rate)}"


def left_words(last: float, first: float) -> str:
    """The same in a word or two: "79% left", "7.59 times"."""
    share = abs(first / last) if last else 0.0
    if share > 1:
        return f"{number(share)} times"
    return f"{share_words(share)} left" if share else "nothing left"


def average_factor(last: float, first: float, steps_back: int) -> float:
    """The geometric mean of the sizes of so many factors between two gradients."""
    return float(abs(first / last) ** (1 / steps_back)) if last else 0.0


def _at_this_rate(rate: float) -> str:
    many = MANY * math.log10(rate)
    each = f"Each step multiplied it by {number(rate)} on average"
    if abs(rate - 1) < 1e-9:
        return f"{each}: any number of steps leaves all of it."
    if rate > 1:
        return f"{each}: {MANY} such steps make it {_power(many)} times as large."
    return f"{each}: {MANY} such steps leave {_power(many)} of it."


def _power(exponent: float) -> str:
    """10 to the power of ``exponent``, which may be far out of the range of a float."""
    if abs(exponent) > -math.log10(SMALL):
        return f"about {power_of_ten(exponent)}"
    return scientific(10**exponent) if exponent > 0 else share_words(10**exponent)


def share_words(share: float) -> str:
    """A share as a percentage, a very small one as a number: "79%", "0.039%", "4.1 · 10⁻⁷"."""
    if 0 < share < SMALL:
        return scientific(share)
    return f"{100 * share:.2g}%" if share < 0.1 else percent(share)
