"""Numbers as text: ASCII digits, a sign, a point and an exponent, and nothing else.

Python's own ``int`` and ``float`` also take ``1_0``, ``١٢``, ``" 12 "``, ``nan`` and ``infinity``.
"""

from __future__ import annotations

import re

WHOLE = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")


def whole(text: str) -> int:
    """Raises ValueError where the text is no whole number."""
    return int(_matched(WHOLE, text, "a whole number"))


def number(text: str) -> float:
    """Infinite where it is too large for a float. Raises ValueError where it is no number."""
    return float(_matched(NUMBER, text, "a number"))


def _matched(pattern: re.Pattern[str], text: str, expected: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"expected {expected}")
    return text
