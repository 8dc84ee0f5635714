"""From a run in the store to its measurements in the store."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from models.analysis.extension import added
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import Shard, average_step, partition
from models.kernels.version import kernels_on
from models.service.reasons import reason
from models.store import NotOursError, Status, Store, StoreError, UnknownRunError
from models.store.environment import environment
from models.store.extension import grow, take_over
from models.store.process import identity
from models.store.run import Run
from models.store.summaries import summarise
from models.training.checkpoint import Checkpoint
from models.training.cluster import ClusterError
from models.training.snapshot import Snapshot

PATIENCE_SECONDS = 600.0
"""How long a store that is locked, full or away is tried again before a run is given up."""
ASK_SECONDS = 0.3
"""How often the store is asked whether the run should stop."""
MOMENT_SECONDS = 1e-3
"""What is left of the time when it is used up."""
ALIVE_SECONDS = 20.0
"""Time between heartbeats in the store, however far apart the run's snapshots are."""

log = logging.getLogger("memory_lab.running")


@dataclass(frozen=True)
class End:
    """How a run ended."""

    status: Status
    message: str = ""
    by_signal: bool = False
    """Whether Ctrl-C or SIGTERM ended it."""


def ignore(_: object) -> None:
    """Progress that is not shown."""


class Trainer(Protocol):
    """What trains shards from their checkpoints and yields snapshots, here or elsewhere."""

    def __call__(
        self,
        experiment: Experiment,
        should_stop: Callable[[], bool],
        *,
        checkpoints: Mapping[Shard, Checkpoint],
        shards: Sequence[Shard],
    ) -> Iterator[Snapshot]: ...


def execute(
    store: Store,
    run_id: str,
    follow: Callable[[int], None] = ignore,
    say: Callable[[str], None] = ignore,
    megabytes: float | None = None,
    trainer: Trainer | None = None,
) -> End:
    """Trains a run that waits, or goes on with one where its last checkpoint is.

    ``follow`` hears after each snapshot how many optimiser steps are done, ``say`` what is added to
    a run that narrows memory spans down; what is added is to take no more than ``megabytes``. The
    ``trainer`` is by default this process. What is measured is in the store by then, whatever
    happens next. A run that cannot go on ends as failed, one that lost its store or its cluster as
    interrupted, with the reason. Raises ExperimentError where it asks for what is not here,
    NotOursError where another process trains the run, StoreError where not even its end can be
    written.
    """
    from models.training.train import choose_device, train  # torch is imported here

    process = identity()
    run = store.run(run_id)
    log.info("run begins", extra={"run": run_id})
    with _signals() as signals:
        asked = _Asked(store, run_id, process, signals)
        try:
            kernels = kernels_on(choose_device(run.experiment.device).type)
            _check_kernels(run, kernels)
            store.begin(run_id, environment(kernels), process)
            take_over(store, run, process)
            training = _Training(store, process, asked, follow, say, megabytes, trainer or train)
            whole, message = training.to_the_end(run)
            end = End("finished", message) if whole else _broken_off(signals.received)
        except NotOursError:
            raise
        except ExperimentError as error:
            store.finish(run_id, "failed", str(error), process)
            raise
        except StoreError as error:
            end = End("interrupted", f"the store could not be written: {error}")
        except ClusterError as error:
            end = End("interrupted", str(error))
        except Exception as error:
            log.exception("training failed", extra={"run": run_id})
            end = End("failed", reason(error))
        store.finish(run_id, end.status, end.message, process)
    log.info("run ends", extra={"run": run_id, "status": end.status, "reason": end.message})
    # Where the store does not answer now, whoever lists the run makes up for it.
    with suppress(StoreError, UnknownRunError):
        summarise(store, store.run(run_id))
    return end


@dataclass(frozen=True)
class _Training:
    """What this process does with a run that it has taken; the arguments are those of execute."""

    store: Store
    process: str
    asked: Callable[[], bool]
    """Whether it should stop."""
    follow: Callable[[int], None]
    say: Callable[[str], None]
    megabytes: float | None
    trainer: Trainer

    def to_the_end(self, run: Run) -> tuple[bool, str]:
        """Trains a run, and round by round what it is extended by to narrow memory spans down.

        Returns whether all of it is trained, and why there is no further round.
        """
        from models.service.narrowing import round_after  # torch is imported here

        whole = self.train(run)
        # It counts anew where the run was broken off.
        end = time.monotonic() + (run.narrows.seconds if run.narrows else 0)
        while whole and run.narrows:
            left = max(end - time.monotonic(), MOMENT_SECONDS)
            goal = replace(run.narrows, seconds=left)
            found = round_after(self.store, run, goal, self.megabytes)
            if found.experiment is None:
                return True, found.reason
            self.say(f"narrowing down: adds {added(found.experiment, run.experiment)}")
            grow(self.store, run, found.experiment, self.process)
            run = self.store.run(run.id)
            whole = self.train(run)
        return whole, ""

    def train(self, run: Run) -> bool:
        """Trains what a run lacks; returns whether it lacks nothing any more."""
        progress = _Progress(run, self.store.stored_steps(run.id))
        shards = progress.unfinished
        checkpoints = _checkpoints(self.store, run.id, shards)
        snapshots = self.trainer(run.experiment, self.asked, checkpoints=checkpoints, shards=shards)
        for snapshot in snapshots:
            progress.note(snapshot)
            self.store.append(run.id, snapshot, progress.steps, self.process)
            self.follow(progress.steps)
        return not progress.unfinished


def _checkpoints(store: Store, run_id: str, shards: Sequence[Shard]) -> dict[Shard, Checkpoint]:
    """The checkpoints of those of the shards that have one."""
    found = store.checkpoints(run_id, list(map(str, shards)))
    return {shard: found[str(shard)] for shard in shards if str(shard) in found}


def _check_kernels(run: Run, here: str) -> None:
    """Raises ExperimentError where a run would continue with other kernels than it began with."""
    begun = run.started or run.extends
    if begun and run.kernels != here:
        those = repr(run.kernels) if run.kernels else "of an older release"
        raise ExperimentError(
            f"the run was begun with the kernels {those} and would continue with {here!r}: its "
            "numbers would be those of neither. What it has measured stays; train it anew"
        )


def _broken_off(received: int | None) -> End:
    if received == signal.SIGTERM:
        return End("interrupted", "its process was asked to end", by_signal=True)
    return End("stopped", by_signal=received is not None)


class _Progress:
    """How far the populations of a run are."""

    def __init__(self, run: Run, stored: Mapping[str, int]) -> None:
        """``stored`` are the steps of which everything is stored, by the names of shards."""
        self._goal = run.experiment.steps
        shards = partition(run.experiment, run.earlier)
        self._step = {shard: stored.get(str(shard)) for shard in shards}

    def note(self, snapshot: Snapshot) -> None:
        self._step[snapshot.shard] = snapshot.step

    @property
    def steps(self) -> int:
        """Optimiser steps of a model, on average."""
        return average_step(self._step)

    @property
    def unfinished(self) -> list[Shard]:
        """The populations that are not trained and measured to the end."""
        return [shard for shard, step in self._step.items() if step != self._goal]


class _Asked:
    """Whether a signal or the store says stop.

    Asks the store now and then, and reports that the run still trains. Where the store does not
    answer, that is a no.
    """

    def __init__(self, store: Store, run_id: str, process: str, signals: _Signals) -> None:
        self._store, self._run, self._process = store, run_id, process
        self._signals = signals
        self._next, self._answer = 0.0, False
        self._tell = time.monotonic() + ALIVE_SECONDS

    def __call__(self) -> bool:
        if not self._answer and time.monotonic() >= self._next:
            try:
                self._ask()
            except StoreError as error:
                log.warning("the store does not answer: %s", error, extra={"run": self._run})
            self._next = time.monotonic() + ASK_SECONDS
        return self._answer or self._signals.received is not None

    def _ask(self) -> None:
        self._answer = self._store.stop_requested(self._run, self._process)
        if time.monotonic() > self._tell:
            self._store.heartbeat([self._run])
            self._tell = time.monotonic() + ALIVE_SECONDS


@dataclass
class _Signals:
    """Which of Ctrl-C and SIGTERM has come, if any."""

    received: int | None = None


@contextmanager
def _signals() -> Iterator[_Signals]:
    """Remembers the signals, which then do nothing else: the snapshot on its way is kept."""
    signals = _Signals()

    def remember(number: int, _: object) -> None:
        signals.received = number

    in_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if in_main else ()
    before = {number: signal.signal(number, remember) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
