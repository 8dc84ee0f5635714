"""Boschloo's exact test of two counts; scipy.stats has it too, but takes 47 MB of memory."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

PROBABILITIES = np.sin(np.linspace(0, np.pi / 2, 1001)) ** 2
"""The common probability of success is looked for among these: closer together near 0 and 1."""


def boschloo(successes: int, count: int, other_successes: int, other_count: int) -> float:
    """The two-sided p of equal probabilities of success in two groups (Boschloo 1970)."""
    one, other = (successes, count), (other_successes, other_count)
    return min(1.0, 2 * min(_fewer(*one, *other), _fewer(*other, *one)))


@lru_cache(maxsize=4096)
def _fewer(successes: int, count: int, other_successes: int, other_count: int) -> float:
    """The p of what speaks for a smaller probability of success in the first group.

    What speaks as much for it as this does has no larger p by Fisher's exact test; the probability
    of all of that is p, at the common probability of success at which it is largest.
    """
    fisher = _fisher(count, other_count)
    as_extreme = fisher <= fisher[successes, other_successes] * (1 + 1e-9)
    chance = _binomial(count) @ as_extreme * _binomial(other_count)
    return float(chance.sum(axis=1).max())


def _fisher(count: int, other_count: int) -> np.ndarray:
    """Fisher's one-sided p of all (count + 1, other_count + 1) outcomes."""
    weight = np.add.outer(_log_choose(count), _log_choose(other_count))
    p = np.empty(weight.shape)
    for total in range(count + other_count + 1):
        one = np.arange(max(0, total - other_count), min(count, total) + 1)
        alike = weight[one, total - one]  # with so many successes in both together
        alike = np.exp(alike - alike.max())
        p[one, total - one] = alike.cumsum() / alike.sum()
    return p


def _binomial(count: int) -> np.ndarray:
    """The probabilities (P, count + 1) of 0 to count successes, at each of PROBABILITIES."""
    successes, p = np.arange(count + 1), PROBABILITIES[:, None]
    logarithm = _log_choose(count) + xlogy(successes, p) + xlog1py(count - successes, -p)
    probability: np.ndarray = np.exp(logarithm)
    return probability


def _log_choose(count: int) -> np.ndarray:
    """The logarithms of the numbers of ways to choose 0 to count out of count."""
    chosen = np.arange(count + 1)
    return np.asarray(gammaln(count + 1) - gammaln(chosen + 1) - gammaln(count - chosen + 1))
