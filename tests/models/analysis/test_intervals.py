"""The intervals of shares and means against scipy, closed forms and their coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from models.analysis.statistics import clopper_pearson, student


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 3), (1, 3), (3, 3), (7, 20), (250, 256)])
def test_clopper_pearson_is_the_exact_interval_of_scipy(k: int, n: int) -> None:
    exact = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    low, high = clopper_pearson(k, n)
    assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-12)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_clopper_pearson_of_none_and_all_has_a_closed_form(n: int) -> None:
    low, high = clopper_pearson([0, n], [n, n])
    assert low == pytest.approx([0, 0.025 ** (1 / n)])
    assert high == pytest.approx([1 - 0.025 ** (1 / n), 1])


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12])
def test_clopper_pearson_covers_every_share_at_least_95_percent_of_the_time(n: int) -> None:
    successes = np.arange(n + 1)
    low, high = clopper_pearson(successes, np.full(n + 1, n))
    share = np.linspace(0, 1, 401)[:, None]
    inside = (low <= share) & (share <= high)
    coverage = (stats.binom.pmf(successes, n, share) * inside).sum(axis=1)
    assert coverage.min() >= 0.95 - 1e-9


def test_student_is_the_t_interval_of_scipy() -> None:
    values = np.array([0.31, 0.42, 0.38, 0.55])
    low, high = student(values.mean(), values.std(ddof=1), len(values))
    expected = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (float(low), float(high)) == pytest.approx(expected)


def test_student_of_two_values_by_hand() -> None:
    # t(1; 97.5 %) = tan(0.475 π) = 12.706; deviation / √2 is half the distance.
    low, high = student(0.5, 0.02 / math.sqrt(2), 2)
    half = math.tan(0.475 * math.pi) * 0.01
    assert (float(low), float(high)) == pytest.approx((0.5 - half, 0.5 + half))


def test_student_of_one_value_is_unknown() -> None:
    low, high = student([0.5, 0.5], [np.nan, 0.1], [1, 3])
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


@pytest.mark.parametrize("seeds", [2, 3, 8])
def test_student_covers_the_true_mean_95_percent_of_the_time(seeds: int) -> None:
    trials = 20_000
    values = np.random.default_rng(0).normal(0.6, 0.1, (trials, seeds))
    low, high = student(values.mean(1), values.std(1, ddof=1), np.full(trials, seeds))
    coverage = ((low <= 0.6) & (high >= 0.6)).mean()
    # Four standard errors of a share among so many trials.
    assert coverage == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / trials))
