"""Numbers and lists in words: plurals, powers of ten, percentages, "a, b and c"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from models.cells import cell_title

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(number: float, noun: str) -> str:
    """The number with its noun: "1 step", "20,000 steps", "1.5 steps"."""
    return f"{number:,.10g} {noun}" + ("" if number == 1 else "s")


def of_all(number: int, total: int, noun: str) -> str:
    """A number out of a total with its noun: "1 of 1 model", "3 of 9 models"."""
    return f"{number:,} of {count(total, noun)}"


def power_of_ten(exponent: float) -> str:
    """Ten to the power of the nearest whole number: "10⁻¹²"."""
    return "10" + str(round(exponent)).translate(SUPERSCRIPTS)


def scientific(value: float) -> str:
    """A number above 0 in two significant digits: "0.25", "320", "4.1 · 10⁻⁷"."""
    rounded = float(f"{value:.2g}")
    mantissa, _, power = f"{rounded:.2g}".partition("e")
    short = 1e-4 <= rounded < 1e4
    return f"{rounded:g}" if short else f"{mantissa} · {power_of_ten(int(power))}"


def number(value: float) -> str:
    """Any number in a sentence or table: "0", "0.062", "1,520", "−4.1 · 10⁻⁷", "∞"."""
    sign, size = "−" if value < 0 else "", abs(value)
    if not math.isfinite(size):
        return sign + "∞" if size == math.inf else "not a number"
    if size and not 1e-3 <= size < 1e5:
        return sign + scientific(size)
    return sign + (f"{size:,.0f}" if size >= 100 else f"{size:.3g}")


def decimals(value: float, digits: int) -> str:
    """A number with so many decimals and a real minus sign: "0.36", "−5.03", "0.00"."""
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) else text


def number_of_logarithm(logarithm: float) -> str:
    """The number with this base-10 logarithm, also where it is too small or large for a float."""
    if not math.isfinite(logarithm) or abs(logarithm) < 300:
        return number(10**logarithm)
    mantissa, _, power = f"{Decimal(10) ** Decimal(logarithm):.1e}".partition("e")
    return f"{float(mantissa):g} · {power_of_ten(int(power))}"


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage; 0% and 100% are said only of shares of 0 and of 1."""
    text = f"{share:.0%}"
    if text == "0%" and share > 0:
        return "less than 1%"
    if text == "100%" and share < 1:
        return "more than 99%"
    return text


def distinct_percentages(one: float, other: float) -> tuple[str, str]:
    """Two shares from 0 to 1 as percentages, with as many digits as show which is larger."""
    for digits in range(1, 8):
        texts = f"{one:.{digits}%}", f"{other:.{digits}%}"
        if texts[0] != texts[1] or one == other:
            break
    return texts


def join_words(words: Sequence[str]) -> str:
    """The words as "a, b and c"; empty where there are none."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def with_article(cell: str) -> str:
    """The title of a cell spec in a sentence: "the LSTM with chrono bias"."""
    return f"the {cell_title(cell)}"


def capitalise(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]
