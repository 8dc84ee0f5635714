"""Whose turn it is: first come, first served among visitors, and about when."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.store.run import Run

Seconds = Callable[[Run], float]
"""How long a run takes from its beginning to its end, about."""


@dataclass(frozen=True)
class Place:
    """Where a run stands in the queue."""

    number: int
    """1 is the next to be trained."""
    seconds: float
    """About how long until then."""


@dataclass(frozen=True)
class Queue:
    """Runs that train, and runs that wait in the order in which they will be."""

    training: tuple[Run, ...] = ()
    waiting: tuple[Run, ...] = ()

    @classmethod
    def of(cls, active: Iterable[Run], begun: Collection[str] = ()) -> Queue:
        """``active`` in the order in which they began to wait; those ``begun`` train as well.

        Every visitor's first run comes before anyone's second, counting one that trains already.
        """
        active = list(active)
        training = tuple(run for run in active if run.status == "running" or run.id in begun)
        before = Counter(_owner(run) for run in training)
        ranked = []
        for run in active:
            if run not in training:
                ranked.append((before[_owner(run)], run))
                before[_owner(run)] += 1
        ranked.sort(key=lambda pair: pair[0])
        return cls(training, tuple(run for _, run in ranked))

    def next(self) -> Run | None:
        """The first that waits and whose visitor has none in training."""
        busy = {_owner(run) for run in self.training}
        return next((run for run in self.waiting if _owner(run) not in busy), None)

    def place(self, run_id: str, trainers: int, seconds: Seconds) -> Place | None:
        """None where the run does not wait."""
        starts = self.starts(trainers, seconds)
        for number, one in enumerate(self.waiting, start=1):
            if one.id == run_id:
                return Place(number, starts[run_id])
        return None

    def starts(self, trainers: int, seconds: Seconds) -> dict[str, float]:
        """In how many seconds each waiting run is about to begin."""
        left = [(seconds_left(run, seconds), run) for run in self.training]
        free = _earliest([one for one, _ in left], trainers)
        done = {_owner(run): one for one, run in left}
        starts = {}
        for run in self.waiting:
            start = max(heapq.heappop(free), done.get(_owner(run), 0.0))
            done[_owner(run)] = start + seconds_left(run, seconds)
            heapq.heappush(free, done[_owner(run)])
            starts[run.id] = start
        return starts


def seconds_left(run: Run, seconds: Seconds) -> float:
    """About how long the run still trains: by its own pace, or else as estimated."""
    begun = run.inherited_steps
    total = max(run.total_steps - begun, 1)
    expected = seconds(run) * min(1 - (run.done_steps - begun) / total, 1)
    if run.status != "running" or run.started is None:
        return expected
    if (seconds_a_step := pace(run)) is not None:
        return seconds_a_step * (run.total_steps - run.done_steps)
    return max(expected - seconds_trained(run), 0.0)


def pace(run: Run) -> float | None:
    """Seconds of one optimiser step since the run was last started; None where none is made."""
    done = run.done_steps - run.steps_at_start
    return seconds_trained(run) / done if done > 0 else None


def seconds_trained(run: Run) -> float:
    """How long the run has trained since it was last started, or did until it ended."""
    if run.started is None:
        return 0.0
    return ((run.finished or datetime.now(UTC)) - run.started).total_seconds()


def _earliest(busy: Sequence[float], trainers: int) -> list[float]:
    """When each trainer is free, as a heap; there may be more at work than there should be."""
    times = sorted([*busy, *[0.0] * (trainers - len(busy))])
    free = times[max(len(times) - trainers, 0) :]
    heapq.heapify(free)
    return free


def _owner(run: Run) -> str:
    """The visitor of a run; a run without one counts as an owner by itself."""
    return run.visitor or run.id
