"""Costs in words, rounded to what an estimate can honestly say: two significant digits."""

from __future__ import annotations

from models.experiment.cost.estimate import Cost

UNITS = (("days", 86400), ("h", 3600), ("min", 60))
"""From this many of a unit on, a number is given in that unit."""


def in_words(cost: Cost) -> str:
    """Such as "about 40 s, 600 MB"."""
    return f"about {duration(cost.seconds)}, {size(cost.megabytes)}"


def duration(seconds: float) -> str:
    """Such as "3 h" or "2.5 min"."""
    for unit, length in UNITS:
        if _rounded(seconds / length) >= 2:
            return f"{_told(seconds / length)} {unit}"
    return f"{_told(seconds)} s" if seconds >= 1 else "1 s"


def size(megabytes: float) -> str:
    """Such as "600 MB" or "1.2 GB"."""
    if _rounded(megabytes) >= 1000:
        return f"{_told(megabytes / 1000)} GB"
    return f"{_told(megabytes)} MB"


def _rounded(number: float) -> float:
    return float(f"{number:.2g}")


def _told(number: float) -> str:
    return f"{_rounded(number):g}"
