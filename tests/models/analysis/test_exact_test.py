"""Boschloo's exact test against closed forms and the one of scipy."""

from __future__ import annotations

import itertools

import pytest
from scipy.stats import boschloo_exact

from models.analysis.exact_test import boschloo


@pytest.mark.parametrize(("seeds", "p"), [(3, 0.031), (4, 0.008), (5, 0.002)])
def test_all_against_none(seeds: int, p: float) -> None:
    # With k of n both ways, p is the largest of 2 q^n (1 - q)^n, which is at q = 1/2.
    assert boschloo(seeds, seeds, 0, seeds) == pytest.approx(2 * 0.25**seeds, rel=1e-5)
    assert boschloo(0, seeds, seeds, seeds) == pytest.approx(p, abs=5e-4)


def test_equal_shares_are_not_told_apart() -> None:
    assert boschloo(2, 4, 3, 6) == 1


@pytest.mark.parametrize(("count", "other_count"), [(10, 10), (3, 8), (25, 7), (1, 40)])
def test_it_agrees_with_scipy(count: int, other_count: int) -> None:
    shares = (0, 0.3, 0.5, 0.9, 1)
    for one, other in itertools.product(shares, shares):
        k, m = round(one * count), round(other * other_count)
        table = [(k, m), (count - k, other_count - m)]
        expected = boschloo_exact(table, n=64).pvalue
        assert boschloo(k, count, m, other_count) == pytest.approx(expected, rel=2e-4)


def test_many_models_do_not_overflow() -> None:
    assert 0.01 < boschloo(540, 1000, 490, 1000) < 0.05
