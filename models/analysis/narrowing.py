"""Narrowing memory spans down: which length, or how many seeds, to train next.

An experiment stays a full grid of cells, lengths and seeds: every table, figure and test of
significance relies on it, and it is one line of settings. So what is added is either one length, at
which every cell gets all seeds, or seeds at every length, whichever is expected to narrow most in a
second of training. The expectation is by the posterior of the psychometric curve, as in Bayesian
adaptive estimation of a threshold (Kontsevich & Tyler 1999), a round at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from models.analysis.memory_span import ROUNDING, TAIL, Estimate, estimate
from models.analysis.words import join_words, with_article
from models.experiment import Experiment, ExperimentError
from models.experiment.cost import duration

LEAST_FACTOR, MOST_FACTOR = 1.05, 10.0
"""Between which a factor may lie: intervals end at whole lengths, and at those tested."""
MOST_SECONDS = 24 * 3600
"""The longest time to narrow in."""
LEAST_GAIN = 1e-3
"""By how much the logs of the intervals, added up, must be expected to narrow in a round."""

Seconds = Callable[[Experiment], float | None]
"""How long it takes to extend the experiment to another; None where that is not possible."""


@dataclass(frozen=True)
class Goal:
    """How far memory spans are narrowed down. Raises ExperimentError where that cannot be."""

    factor: float
    """The upper end of each cell's 95 % interval is at most so many times the lower one."""
    seconds: float
    """The time that training may take."""

    def __post_init__(self) -> None:
        bounds = LEAST_FACTOR, MOST_FACTOR
        if not bounds[0] <= self.factor <= bounds[1]:
            raise ExperimentError(
                f"the factor is {self.factor:g}: give a number from {bounds[0]:g} to {bounds[1]:g}"
            )
        if not 0 < self.seconds <= MOST_SECONDS:
            raise ExperimentError(
                f"the time is {self.seconds / 60:g} minutes: give more than 0 and at most "
                f"{MOST_SECONDS // 60:,}"
            )


@dataclass(frozen=True)
class Round:
    """What to train next."""

    experiment: Experiment | None
    """The extended experiment; None where there is no further round."""
    reason: str = ""
    """Why there is none, in words."""


def next_round(
    experiment: Experiment, found: Mapping[str, Estimate], goal: Goal, seconds: Seconds
) -> Round:
    """The extension that narrows the spans ``found`` most in a second, in the time of the goal.

    Its lengths lie between the shortest and the longest tested. A cell whose span lies beyond them
    cannot be narrowed down so.
    """
    within = {cell: one for cell, one in found.items() if not _beyond(one)}
    wide = {cell: one for cell, one in within.items() if one.high > goal.factor * one.low}
    outside = [with_article(cell) for cell in experiment.cells if cell not in within]
    if not wide:
        done = f"every interval is within a factor of {goal.factor:g}"
        return Round(None, f"{done}, but for {_outside(outside)}" if outside else done)
    now = sum(float(_width(one)) for one in wide.values())
    choices = []
    for changed, expected in _candidates(experiment, wide, goal, seconds):
        if now - expected > LEAST_GAIN and (taken := seconds(changed)) is not None:
            choices.append(((now - expected) / taken, taken, changed))
    affordable = [one for one in choices if one[1] <= goal.seconds]
    if affordable:
        return Round(max(affordable, key=lambda one: one[0])[2])
    why = (
        f"the next round takes {duration(min(one[1] for one in choices))}, which is more than is "
        "left of the time"
        if choices
        else "there is nothing more to put between the lengths tested"
    )
    left = join_words([with_article(cell) for cell in wide])
    return Round(None, f"{why}; not within a factor of {goal.factor:g}: {left}")


def _candidates(
    experiment: Experiment, wide: Mapping[str, Estimate], goal: Goal, seconds: Seconds
) -> Iterator[tuple[Experiment, float]]:
    """Extensions, and how wide the spans are expected to be after each."""
    for length in _lengths_between(wide, goal.factor):
        lengths = tuple(sorted((*experiment.lengths, length)))
        after = sum(_after_length(one, length, experiment.seeds) for one in wide.values())
        yield from _possible(experiment, after, lengths=lengths)
    more = -(-experiment.seeds // 2)
    while more:  # half as many again, or as many of them as there is time for
        after = sum(_after_seeds(one, more) for one in wide.values())
        for changed, expected in _possible(experiment, after, seeds=experiment.seeds + more):
            yield changed, expected
            if (seconds(changed) or np.inf) <= goal.seconds:
                return
        more //= 2


def _possible(
    experiment: Experiment, after: float, **changes: object
) -> Iterator[tuple[Experiment, float]]:
    """The changed experiment, where it does not have too many lengths, seeds or models."""
    try:
        yield Experiment.from_mapping({**vars(experiment), **changes}), after
    except ExperimentError:
        return


def _lengths_between(wide: Mapping[str, Estimate], factor: float) -> list[int]:
    """The middle, on a log axis, between tested lengths next to each other in any interval.

    Not between such as are near each other already: more seeds say more there.
    """
    found = set()
    for one in wide.values():
        low, high = _ends(one)
        for before, after in zip(one.lengths, one.lengths[1:], strict=False):
            middle = round(float(np.sqrt(before * after)))
            far = after > before * (1 + factor) / 2
            if far and after > low and before < high and before < middle < after:
                found.add(middle)
    return sorted(found)


def _after_length(one: Estimate, length: int, models: int) -> float:
    """How wide a span is expected to be with so many models at one more length.

    The mean over how many of them remember, each with the probability that the posterior gives it.
    """
    place = int(np.searchsorted(one.lengths, length))
    lengths = np.insert(one.lengths, place, length)
    outcomes = np.arange(models + 1.0)
    remember = np.insert(np.tile(one.remember, (models + 1, 1)), place, outcomes, axis=1)
    tested = np.insert(np.tile(one.models, (models + 1, 1)), place, float(models), axis=1)
    after = estimate(lengths, remember, tested)
    ways = gammaln(models + 1) - gammaln(outcomes + 1) - gammaln(models - outcomes + 1)
    chances = np.exp(ways + after.posterior.log_evidence - one.posterior.log_evidence)
    return float(chances @ _width(after) / chances.sum())


def _after_seeds(one: Estimate, more: int) -> float:
    """How wide a span is with more models at each length, if the same shares remember."""
    models = one.models + more
    after = estimate(one.lengths, one.remember * models / one.models, models)
    return float(_width(after))


def _width(one: Estimate) -> np.ndarray:
    """The log of the ratio of the interval's ends, (…)."""
    low, high = _ends(one)
    width: np.ndarray = np.log(high / low)
    return width


def _ends(one: Estimate) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the interval as the posterior has them, not moved to lengths tested, (…)."""
    low, high = (np.exp(one.posterior.quantile(share)) for share in (TAIL, 1 - TAIL))
    return np.fmin(low, one.gap[0]), np.fmax(high, one.gap[1])


def _beyond(one: Estimate) -> bool:
    """Whether the span lies below the shortest length tested or above the longest."""
    shortest, longest = one.lengths[0] * (1 - ROUNDING), one.lengths[-1] * (1 + ROUNDING)
    return not shortest <= float(one.span) <= longest


def _outside(cells: list[str]) -> str:
    have = "have no span" if len(cells) > 1 else "has no span"
    return f"{join_words(cells)}, which {have} between the shortest length and the longest"
