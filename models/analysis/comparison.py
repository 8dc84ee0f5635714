"""Comparing cells: which remembers further, and whether so few seeds can say so."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.analysis.exact_test import boschloo
from models.analysis.memory_span import TAIL, Estimate, estimate

LEVEL = 0.05
"""The level of every test."""
ALIKE = 1.2
"""Memory spans are alike of which surely neither is so many times as long as the other."""
MOST_SEEDS = 25
"""No more seeds than this are asked for."""
QUANTILES = (np.arange(200) + 0.5) / 200
"""A posterior is represented by its quantiles at these probabilities."""


@dataclass(frozen=True)
class Ratio:
    """How many times as long one memory span is as another."""

    low: float
    """The lower end of the 95% interval."""
    high: float
    """The upper end."""
    alike: bool
    """Whether two one-sided tests hold the ratio within ALIKE (Schuirmann 1987)."""


def span_ratio(one: Estimate, other: Estimate) -> Ratio:
    """How many times as long the one memory span is as the other, from their posteriors.

    Like that of a span, the interval contains all that is possible where each is known to lie in a
    gap between two lengths tested. Where a span lies beyond all of these, only its prior bounds it:
    the end of the interval that is further away from 1 says little then.
    """
    draws = [found.posterior.quantile(QUANTILES) for found in (one, other)]
    ratios = np.exp(np.subtract.outer(*draws))
    with np.errstate(divide="ignore"):
        gap = one.gap[0] / other.gap[1], one.gap[1] / other.gap[0]

    def interval(tail: float) -> tuple[float, float]:
        low, high = np.quantile(ratios, (tail, 1 - tail))
        return float(np.fmin(low, gap[0])), float(np.fmax(high, gap[1]))

    low, high = interval(LEVEL)
    return Ratio(*interval(TAIL), alike=low > 1 / ALIKE and high < ALIKE)


def remembers_further(one: Estimate, other: Estimate) -> bool:
    """Whether the one cell surely remembers further than the other.

    It does where its span is longer, by the interval of their ratio, or where more of its models
    remember a length that both were tested at, by Boschloo's exact test with Holm's correction for
    the number of such lengths.
    """
    if span_ratio(one, other).low >= 1:
        return True
    places = [np.isin(found.lengths, mine.lengths) for found, mine in ((one, other), (other, one))]
    counts = [
        (found.remember[place], found.models[place])
        for found, place in zip((one, other), places, strict=True)
    ]
    (remember, models), (other_remember, other_models) = counts
    rows = np.stack([remember, models, other_remember, other_models], axis=-1)
    p = holm([boschloo(*map(round, row)) for row in rows])
    more = remember / models > other_remember / other_models
    return bool((more & (p <= LEVEL)).any())


def more_seeds(longer: Estimate, shorter: Estimate) -> int | None:
    """How many more seeds each would tell two cells apart, if the same shares of them remembered.

    ``longer`` has the longer span. None where cells of MOST_SEEDS would not do.
    """
    if longer.span <= shorter.span:
        return None

    def enough(more: int) -> bool:
        # Whole models, so that neither share becomes a better argument than it is.
        grown = _with_more(longer, more, np.floor), _with_more(shorter, more, np.ceil)
        return remembers_further(*grown)

    most = MOST_SEEDS - int(max(longer.models.max(), shorter.models.max()))
    more = 1 + bisect_left(range(1, most + 1), True, key=enough)
    return more if more <= most else None


def _with_more(found: Estimate, seeds: int, whole: np.ufunc) -> Estimate:
    """The estimate if there were so many more models at each length, and the same shares."""
    models = found.models + seeds
    remember = found.remember * models / found.models
    return estimate(found.lengths, whole(np.round(remember, 6)), models)


def holm(p: Sequence[float]) -> np.ndarray:
    """The p-values of several tests, adjusted so that any is wrong at their level (Holm 1979)."""
    order = np.argsort(p)
    adjusted = np.array(p, float)[order] * np.arange(len(p), 0, -1)
    result = np.empty(len(p))
    result[order] = np.minimum(np.maximum.accumulate(adjusted), 1)
    return result
