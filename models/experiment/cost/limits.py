"""Is an experiment too much for here, and which single setting brings it within the limits?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from models.experiment import Experiment
from models.experiment.cost.estimate import Cost, estimate
from models.experiment.cost.speed import REFERENCE, Speed
from models.experiment.cost.words import duration, size
from models.experiment.experiment import SETTINGS

MOST_SUGGESTIONS = 3

Fits = Callable[[Experiment], bool]


@dataclass(frozen=True)
class Limits:
    """What a training may cost; None is no limit."""

    seconds: float | None = None
    megabytes: float | None = None

    def allow(self, cost: Cost) -> bool:
        return not self.exceeded(cost)

    def exceeded(self, cost: Cost) -> list[tuple[str, str]]:
        """In words, each cost that is above its limit, and the limit."""
        compared = (
            (cost.seconds, self.seconds, duration),
            (cost.megabytes, self.megabytes, size),
        )
        return [
            (in_words(value), in_words(limit))
            for value, limit, in_words in compared
            if limit is not None and value > limit
        ]


@dataclass(frozen=True)
class Suggestion:
    """One setting changed so that the experiment fits."""

    words: str
    """Such as "lower the seeds to 2"."""
    experiment: Experiment
    kept: float
    """How much of the setting is left, from 0 to 1."""


@lru_cache(maxsize=32)
def objection(
    experiment: Experiment, limits: Limits, speed: Speed = REFERENCE, processes: int | None = None
) -> str | None:
    """Why the experiment should not start as it is, and what to change; None where it fits."""
    above = limits.exceeded(estimate(experiment, speed, processes))
    if not above:
        return None
    values, bounds = (" and ".join(column) for column in zip(*above, strict=True))
    found = suggestions(experiment, limits, speed, processes)
    advice = ", or ".join(one.words for one in found) or (
        "no single setting brings it within, lower several of lengths, hidden size, seeds and steps"
    )
    return f"about {values} on this machine, above the limit of {bounds}: {advice}"


def suggestions(
    experiment: Experiment, limits: Limits, speed: Speed = REFERENCE, processes: int | None = None
) -> list[Suggestion]:
    """Changes of a single setting that bring it within the limits, the smallest changes first."""

    def fits(changed: Experiment) -> bool:
        return limits.allow(estimate(changed, speed, processes))

    found = filter(None, (_first_that_fits(ladder, fits) for ladder in _ladders(experiment)))
    return sorted(found, key=lambda one: -one.kept)[:MOST_SUGGESTIONS]


@dataclass(frozen=True)
class _Ladder:
    """Ever smaller values of one setting, and the suggestion that each of them makes."""

    values: Sequence[int]
    suggestion: Callable[[int], Suggestion]


def _first_that_fits(ladder: _Ladder, fits: Fits) -> Suggestion | None:
    def value_fits(value: int) -> bool:
        return fits(ladder.suggestion(value).experiment)

    # Each rung costs less than the one before, nearly always: so what is found is looked at again.
    place = bisect_left(ladder.values, True, key=value_fits)
    chosen = ladder.values[place : place + 1]
    if not (chosen and value_fits(chosen[0])):
        return None
    suggestion = ladder.suggestion(chosen[0])
    return None if suggestion.experiment.hindrance() else suggestion


def _ladders(experiment: Experiment) -> Iterator[_Ladder]:
    """Of every setting that costs."""
    yield _lower(experiment, "steps")
    yield _fewer_lengths(experiment)
    yield _lower(experiment, "seeds")
    yield _lower(experiment, "hidden_size")
    yield _lower(experiment, "batch_size")
    yield _rarer_evaluations(experiment)


def _lower(experiment: Experiment, setting: str) -> _Ladder:
    now, label = getattr(experiment, setting), SETTINGS[setting].label.lower()

    def suggestion(value: int) -> Suggestion:
        changed = Experiment.from_mapping({**vars(experiment), setting: value})
        return Suggestion(f"lower the {label} to {value}", changed, value / now)

    return _Ladder(_round_numbers(now)[::-1], suggestion)


def _fewer_lengths(experiment: Experiment) -> _Ladder:
    lengths = experiment.lengths

    def suggestion(count: int) -> Suggestion:
        changed = replace(experiment, lengths=lengths[:count])
        words = f"drop the lengths above {lengths[count - 1]}"
        return Suggestion(words, changed, count / len(lengths))

    return _Ladder(range(len(lengths) - 1, 0, -1), suggestion)


def _rarer_evaluations(experiment: Experiment) -> _Ladder:
    now = experiment.evaluate_every

    def suggestion(every: int) -> Suggestion:
        changed = replace(experiment, evaluate_every=every)
        return Suggestion(f"evaluate only every {every} steps", changed, now / every)

    return _Ladder([n for n in _round_numbers(experiment.steps + 1) if n > now], suggestion)


def _round_numbers(end: int) -> list[int]:
    """Whole numbers from 1, below ``end``, of which only the first two digits are not 0."""
    scales = [10**power for power in range(len(str(end)))]
    found = {digits * scale for scale in scales for digits in range(1, 100)}
    return sorted(number for number in found if number < end)
