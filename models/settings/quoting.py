"""Values that stand in a message: in one line and short, whatever they are."""

from __future__ import annotations

import math

MOST = 60
"""Characters of a text that are shown."""


def quoted(value: object) -> str:
    """Numbers and texts as Python writes them; of anything else only its type."""
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if isinstance(value, int) and abs(value) >= 10**MOST:
        return f"about {'-' if value < 0 else ''}1e{math.log10(abs(value)):.0f}"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"of type {shortened(type(value).__name__)}"


def shortened(text: str) -> str:
    """The beginning of a text, with escapes for what cannot be printed."""
    start = text[:MOST].replace("\\", "\\\\")
    printable = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in start)
    return printable + ("…" if len(text) > MOST else "")
