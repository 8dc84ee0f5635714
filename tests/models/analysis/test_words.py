"""Numbers as sentences write them."""

from __future__ import annotations

import math

import pytest

from models.analysis.words import count, number, number_of_logarithm, of_all


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


@pytest.mark.parametrize(
    ("logarithm", "text"),
    [
        (0.0, "1"),
        (-7.39, "4.1 · 10⁻⁸"),
        (-400.2, "6.3 · 10⁻⁴⁰¹"),
        (499.9999, "1 · 10⁵⁰⁰"),
        (-math.inf, "0"),
        (math.nan, "not a number"),
    ],
)
def test_a_logarithm_is_written_as_its_number_even_where_no_float_holds_it(
    logarithm: float, text: str
) -> None:
    assert number_of_logarithm(logarithm) == text


def test_counts_have_thousands_and_their_noun() -> None:
    assert [count(value, "step") for value in (1, 1.5, 20_000)] == [
        "1 step",
        "1.5 steps",
        "20,000 steps",
    ]
    assert of_all(1500, 20_000, "step") == "1,500 of 20,000 steps"
