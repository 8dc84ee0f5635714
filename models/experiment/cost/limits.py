"""Whether an experiment costs too much here, and which single setting brings it within limits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from models.experiment import Experiment
from models.experiment.cost.estimate import Cost, duration, estimate, size
from models.experiment.cost.speed import REFERENCE, Speed
from models.experiment.experiment import SETTINGS

MAX_SUGGESTIONS = 3
"""The largest number of suggestions in one sentence."""

Fits = Callable[[Experiment], bool]
"""Whether the cost of an experiment is within the limits."""
LOWER = "lower the hidden size, the batch size, the lengths or the seeds"
"""The advice where it is not known which single setting would do."""


@dataclass(frozen=True)
class Limits:
    """The most that a training may cost; None is no limit."""

    seconds: float | None = None
    """The limit on the wall time, in seconds."""
    megabytes: float | None = None
    """The limit on the memory of the trainer, in 10⁶ bytes."""

    def allow(self, cost: Cost) -> bool:
        """Whether the cost is within both limits."""
        return self.exceeded(cost) is None

    def exceeded(self, cost: Cost) -> tuple[str, str] | None:
        """The costs that are above their limits, and these limits, in words; or None."""
        compared = (
            (cost.seconds, self.seconds, duration),
            (cost.megabytes, self.megabytes, size),
        )
        above = [
            (in_words(value), in_words(limit))
            for value, limit, in_words in compared
            if limit is not None and value > limit
        ]
        if not above:
            return None
        values, limits = zip(*above, strict=True)
        return " and ".join(values), " and ".join(limits)


@dataclass(frozen=True)
class Suggestion:
    """A change of one setting that brings the experiment within the limits."""

    words: str
    """The change as advice: "lower the seeds to 2"."""
    experiment: Experiment
    """The changed experiment."""
    kept: float
    """The share of the setting that is left, from 0 to 1."""


@lru_cache(maxsize=1000)
def objection(
    experiment: Experiment, limits: Limits, speed: Speed = REFERENCE, threads: int | None = None
) -> str | None:
    """Why the experiment should not start as it is, and what to change; None where it fits."""
    above = limits.exceeded(estimate(experiment, speed, threads))
    if above is None:
        return None
    values, bounds = above
    advice = ", or ".join(one.words for one in suggestions(experiment, limits, speed, threads)) or (
        "lower several of lengths, hidden size, seeds and steps, since no single one is enough"
    )
    return f"about {values} on this machine, above the limit of {bounds}: {advice}"


def suggestions(
    experiment: Experiment, limits: Limits, speed: Speed = REFERENCE, threads: int | None = None
) -> list[Suggestion]:
    """Changes of single settings that bring an experiment within the limits, smallest first."""

    def fits(changed: Experiment) -> bool:
        return limits.allow(estimate(changed, speed, threads))

    fitting = filter(None, (_first_that_fits(ladder, fits) for ladder in _ladders(experiment)))
    return sorted(fitting, key=lambda one: -one.kept)[:MAX_SUGGESTIONS]


@dataclass(frozen=True)
class _Ladder:
    """The values of one setting that cost less than its own, and the suggestion of each."""

    values: Sequence[int]
    """The values, the most costly first."""
    suggestion: Callable[[int], Suggestion]
    """The suggestion to change the setting to a value."""


def _first_that_fits(ladder: _Ladder, fits: Fits) -> Suggestion | None:
    def value_fits(value: int) -> bool:
        return fits(ladder.suggestion(value).experiment)

    # Each value costs less than the one before, nearly always: so the result is checked again.
    place = bisect_left(ladder.values, True, key=value_fits)
    chosen = ladder.values[place : place + 1]
    if not (chosen and value_fits(chosen[0])):
        return None
    suggestion = ladder.suggestion(chosen[0])
    return None if suggestion.experiment.hindrance() else suggestion


def _ladders(experiment: Experiment) -> Iterator[_Ladder]:
    """A ladder of every setting that costs."""
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
    """The whole numbers from 1 below ``end`` of which only the first two digits are not 0."""
    scales = [10**power for power in range(len(str(end)))]
    numbers = {digits * scale for scale in scales for digits in range(1, 100)}
    return sorted(number for number in numbers if number < end)
