"""Comparing cells: closed forms, symmetry, and how often equal cells are told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.analysis.comparison import (
    holm,
    more_seeds,
    remembers_further,
    span_ratio,
)
from models.analysis.memory_span import Estimate, estimate

LENGTHS = (20, 50, 100, 200)


def cell(seeds: int, *remember: int, lengths: Sequence[int] = LENGTHS) -> Estimate:
    counts = np.array(remember, float)
    return estimate(np.array(lengths, float), counts, np.full(len(counts), float(seeds)))


# The ratio of two spans.


def test_the_ratio_of_two_that_are_equal_contains_1_evenly() -> None:
    ratio = span_ratio(cell(5, 5, 4, 1, 0), cell(5, 5, 4, 1, 0))
    assert ratio.low * ratio.high == pytest.approx(1)
    assert ratio.low < 1 < ratio.high
    assert not ratio.alike


def test_the_ratio_the_other_way_round_is_its_inverse() -> None:
    one, other = cell(5, 5, 5, 3, 0), cell(5, 5, 2, 1, 0)
    ratio, inverse = span_ratio(one, other), span_ratio(other, one)
    assert (ratio.low, ratio.high) == pytest.approx((1 / inverse.high, 1 / inverse.low))


def test_many_seeds_find_the_ratio_of_the_true_spans() -> None:
    lengths = (10, 20, 40, 80, 160, 320, 640)
    shares = [1 / (1 + (np.array(lengths) / true) ** (1 / 0.3)) for true in (150, 50)]
    cells = [cell(2000, *np.round(2000 * share).astype(int), lengths=lengths) for share in shares]
    ratio = span_ratio(*cells)
    assert ratio.low < 3 < ratio.high
    assert ratio.high / ratio.low < 1.1


def test_two_spans_in_gaps_are_apart_by_all_that_is_possible() -> None:
    ratio = span_ratio(cell(10, 10, 10, 10, 0), cell(10, 10, 0, 0, 0))
    assert ratio.low == pytest.approx(100 / 50)
    assert ratio.high == pytest.approx(200 / 20)


def test_in_the_same_gap_neither_is_longer_and_they_need_not_be_alike() -> None:
    ratio = span_ratio(cell(25, 25, 25, 0, 0), cell(25, 25, 25, 0, 0))
    assert (ratio.low, ratio.high) == pytest.approx((0.5, 2))
    assert not ratio.alike


def test_many_seeds_and_close_lengths_call_equal_spans_alike() -> None:
    lengths = (80, 90, 100, 110)
    one, other = (cell(25, 25, 20, k, 0, lengths=lengths) for k in (9, 10))
    assert span_ratio(one, other).alike
    few = (cell(3, 3, 2, 1, 0), cell(3, 3, 2, 1, 0))
    assert not span_ratio(*few).alike


# Who remembers further.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((3, 3, 3, 0), (3, 3, 0, 0)),
        ((3, 3, 3, 3), (3, 3, 3, 0)),
        ((3, 0, 0, 0), (0, 0, 0, 0)),
        ((3, 3, 3, 3), (3, 0, 0, 0)),
    ],
)
def test_three_seeds_tell_all_from_none(one: Sequence[int], other: Sequence[int]) -> None:
    assert remembers_further(cell(3, *one), cell(3, *other))
    assert not remembers_further(cell(3, *other), cell(3, *one))


@pytest.mark.parametrize(
    ("one", "other"),
    [((3, 3, 2, 0), (3, 3, 0, 0)), ((3, 3, 3, 3), (3, 3, 3, 1)), ((3, 3, 0, 0), (3, 3, 0, 0))],
)
def test_three_seeds_tell_no_less_apart(one: Sequence[int], other: Sequence[int]) -> None:
    assert not remembers_further(cell(3, *one), cell(3, *other))


def test_one_length_can_say_what_the_spans_do_not() -> None:
    # Both spans may lie anywhere near 80; that fewer remember 80 steps is certain all the same.
    one, other = (cell(10, 10, k, lengths=(20, 80)) for k in (10, 3))
    assert span_ratio(one, other).low < 1
    assert remembers_further(one, other)


def test_cells_tested_at_other_lengths_are_compared_by_their_spans() -> None:
    long = cell(3, 3, 3, lengths=(300, 400))
    assert remembers_further(long, cell(3, 3, 0, lengths=(20, 50)))


@pytest.mark.parametrize(("slope", "true"), [(0.03, 100), (0.3, 100), (0.1, 200)])
def test_equal_cells_are_told_apart_in_no_more_than_one_of_twenty(
    slope: float, true: float
) -> None:
    share = 1 / (1 + (np.array(LENGTHS) / true) ** (1 / slope))
    drawn = np.random.default_rng(0).binomial(5, share, size=(100, 2, 4))
    pairs = [[cell(5, *row) for row in pair] for pair in drawn]
    apart = [remembers_further(*pair) or remembers_further(*reversed(pair)) for pair in pairs]
    assert sum(apart) <= 8  # of 100; at most 5 are expected


# More seeds.


def test_more_seeds_are_as_many_as_are_needed_and_no_more() -> None:
    one, other = cell(3, 3, 3, 3, 3), cell(3, 3, 3, 3, 1)
    assert more_seeds(one, other) == 5
    assert remembers_further(cell(8, 8, 8, 8, 8), cell(8, 8, 8, 8, 3))
    assert not remembers_further(cell(7, 7, 7, 7, 7), cell(7, 7, 7, 7, 3))


def test_no_number_of_seeds_tells_equal_cells_apart() -> None:
    assert more_seeds(cell(3, 3, 3, 0, 0), cell(3, 3, 3, 0, 0)) is None


# Several tests at once.


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1, 1])
    assert holm([]).tolist() == []
