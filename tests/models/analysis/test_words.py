"""Numbers as sentences write them."""

from __future__ import annotations

import math

import pytest

from models.analysis.words import number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0617, "0.0617"),
        (1.0, "1"),
        (-2.5, "−2.5"),
        (99.96, "100"),
        (1520.4, "1,520"),
        (3e22, "3 · 10²²"),
        (-9.8e-16, "−9.8 · 10⁻¹⁶"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
    ],
)
def test_one_notation_for_numbers_of_any_size(value: float, text: str) -> None:
    assert number(value) == text
