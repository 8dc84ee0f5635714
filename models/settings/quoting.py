"""Values quoted in messages: in one line and short, whatever they are."""

from __future__ import annotations

import math

MAX_CHARACTERS = 60
"""The most characters of a text that are quoted."""


def quoted(value: object) -> str:
    """Returns a number or text as Python writes it, and of anything else only its type."""
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if isinstance(value, int) and abs(value) >= 10**MAX_CHARACTERS:
        return f"about {'-' if value < 0 else ''}1e{math.log10(abs(value)):.0f}"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"of type {shortened(type(value).__name__)}"


def shortened(text: str) -> str:
    """Returns the beginning of a text, with escapes for what cannot be printed."""
    start = text[:MAX_CHARACTERS].replace("\\", "\\\\")
    printable = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in start)
    return printable + ("…" if len(text) > MAX_CHARACTERS else "")
