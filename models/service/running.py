"""From a run in the store to its measurements in the store."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from models.experiment import Experiment, ExperimentError
from models.experiment.partition import Shard, partition
from models.kernels.version import kernels_on
from models.service.reasons import reason
from models.store import NotOursError, Status, Store, StoreError, UnknownRunError
from models.store.environment import environment
from models.store.process import identity
from models.store.run import Run
from models.store.summaries import summarise
from models.training.checkpoint import Checkpoint
from models.training.snapshot import Snapshot

PATIENCE_SECONDS = 600.0
"""How long a store that is locked, full or away is tried again before a run is given up."""
ASK_SECONDS = 0.3
"""How often the store is asked whether the run should stop."""
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


def ignore(_: int) -> None:
    """Progress that is not shown."""


def execute(
    store: Store,
    run_id: str,
    follow: Callable[[int], None] = ignore,
) -> End:
    """Trains a run that waits, or goes on with one where its last checkpoint is.

    ``follow`` hears after each snapshot how many optimiser steps are done. What is measured is in
    the store by then, whatever happens next. A run that cannot go on ends as failed, one that lost
    its store as interrupted, with the reason. Raises ExperimentError where it asks for
    what is not here, NotOursError where another process trains the run, StoreError where not even
    its end can be written.
    """
    from models.training.train import choose_device, train  # torch is imported here

    process = identity()
    run = store.run(run_id)
    experiment = run.experiment
    log.info("run begins", extra={"run": run_id})
    with _signals() as signals:
        asked = _Asked(store, run_id, process, signals)
        try:
            kernels = kernels_on(choose_device(experiment.device).type)
            _check_kernels(run, kernels)
            store.begin(run_id, environment(kernels), process)
            checkpoints = _by_shard(experiment, store.checkpoints(run_id))
            progress = _Progress(experiment, checkpoints)
            for snapshot in train(experiment, asked, checkpoints=checkpoints):
                progress.note(snapshot)
                store.append(run_id, snapshot, progress.steps, process)
                follow(progress.steps)
            end = End("finished") if progress.complete else _broken_off(signals.received)
        except NotOursError:
            raise
        except ExperimentError as error:
            store.finish(run_id, "failed", str(error), process)
            raise
        except StoreError as error:
            end = End("interrupted", f"the store could not be written: {error}")
        except Exception as error:
            log.exception("training failed", extra={"run": run_id})
            end = End("failed", reason(error))
        store.finish(run_id, end.status, end.message, process)
    log.info("run ends", extra={"run": run_id, "status": end.status, "reason": end.message})
    # Where the store does not answer now, whoever lists the run makes up for it.
    with suppress(StoreError, UnknownRunError):
        summarise(store, store.run(run_id))
    return end


def _by_shard(
    experiment: Experiment, checkpoints: Mapping[str, Checkpoint]
) -> dict[Shard, Checkpoint]:
    shards = partition(experiment)
    return {shard: checkpoints[str(shard)] for shard in shards if str(shard) in checkpoints}


def _check_kernels(run: Run, here: str) -> None:
    """Raises ExperimentError where a run would continue with other kernels than it began with."""
    if run.started and run.kernels != here:
        begun = repr(run.kernels) if run.kernels else "of an older release"
        raise ExperimentError(
            f"the run was begun with the kernels {begun} and would continue with {here!r}: its "
            "numbers would be those of neither. What it has measured stays; train it anew"
        )


def _broken_off(received: int | None) -> End:
    if received == signal.SIGTERM:
        return End("interrupted", "its process was asked to end", by_signal=True)
    return End("stopped", by_signal=received is not None)


class _Progress:
    """How far the populations of an experiment are."""

    def __init__(self, experiment: Experiment, checkpoints: Mapping[Shard, Checkpoint]) -> None:
        rates, seeds, lengths = experiment.learning_rate, experiment.seeds, experiment.lengths
        self._models = len(experiment.cells) * len(lengths) * seeds * len(rates)
        self._goal = experiment.steps
        self._step = {part: checkpoint.step for part, checkpoint in checkpoints.items()}

    def note(self, snapshot: Snapshot) -> None:
        self._step[snapshot.shard] = snapshot.step

    @property
    def steps(self) -> int:
        """Optimiser steps of a model, on average."""
        return sum(len(part.models) * step for part, step in self._step.items()) // self._models

    @property
    def complete(self) -> bool:
        """Whether every model is trained and measured to the end."""
        done = sum(len(part.models) for part, step in self._step.items() if step == self._goal)
        return done == self._models


class _Asked:
    """Whether a signal or the store says stop.

    Asks the store now and then, and tells it that the run goes on. Where the store does not
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
