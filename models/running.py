"""From a run in the store to its measurements in the store."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from models.experiment import Experiment, ExperimentError
from models.results.environment import environment
from models.results.store import Status, Store
from models.sharing import Part
from models.snapshot import Snapshot

ASK_SECONDS = 0.3
"""How often the store is asked whether the run should stop."""
ALIVE_SECONDS = 20.0
"""How often the store is told that the run goes on, however far apart its snapshots are."""

OUT_OF_MEMORY = ("DefaultCPUAllocator", "annot allocate memory", "out of memory")
"""What PyTorch says of it, in a RuntimeError like any other."""


def ignore(_: int) -> None:
    """Nobody follows the run."""


def execute(store: Store, run: str, follow: Callable[[int], None] = ignore) -> tuple[Status, bool]:
    """Trains a queued run; says how it ended, and whether Ctrl-C ended it.

    ``follow`` hears after each snapshot how many optimiser steps are done. What is measured is in
    the store by then, whatever happens next. An error is kept with the run and raised again.
    """
    from models.training import train  # torch is imported here

    experiment = store.run(run).experiment
    store.begin(run, environment())
    progress = _Progress(experiment)
    with _interrupted() as interrupted:
        asked = _Asked(store, run)
        try:
            for snapshot in train(experiment, lambda: interrupted.is_set() or asked()):
                progress.note(snapshot)
                store.append(run, snapshot.tables, progress.steps)
                store.keep(run, snapshot.cell, snapshot.step, snapshot.weights)
                follow(progress.steps)
        except Exception as error:
            store.finish(run, "failed", reason(error))
            raise
        status: Status = "finished" if progress.complete else "stopped"
        store.finish(run, status)
        return status, interrupted.is_set()


def reason(error: Exception) -> str:
    """Why a run failed, for people."""
    out_of_memory = any(sign in str(error) for sign in OUT_OF_MEMORY)
    if isinstance(error, MemoryError) or out_of_memory:
        return (
            "not enough memory for these settings: lower the hidden size, the batch size, the "
            "lengths or the seeds"
        )
    # These are worded for people; of any other, its name may say more than its message.
    plain = isinstance(error, (ExperimentError, RuntimeError))
    return str(error) if plain else f"{type(error).__name__}: {error}"


class _Progress:
    """How far the populations of an experiment are."""

    def __init__(self, experiment: Experiment) -> None:
        rates, seeds, lengths = experiment.learning_rate, experiment.seeds, experiment.lengths
        self._models = len(experiment.cells) * len(lengths) * seeds * len(rates)
        self._goal = experiment.steps
        self._step: dict[Part, int] = {}

    def note(self, snapshot: Snapshot) -> None:
        self._step[snapshot.part] = snapshot.step

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
    """Whether the store says stop; asks it now and then, and says that the run goes on."""

    def __init__(self, store: Store, run: str) -> None:
        self._store, self._run = store, run
        self._next, self._answer = 0.0, False
        self._tell = time.monotonic() + ALIVE_SECONDS

    def __call__(self) -> bool:
        if not self._answer and time.monotonic() >= self._next:
            self._answer = self._store.stop_requested(self._run)
            self._next = time.monotonic() + ASK_SECONDS
            if self._next > self._tell:
                self._store.heard_of([self._run])
                self._tell = self._next + ALIVE_SECONDS
        return self._answer


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """Set by Ctrl-C, which then does nothing else: the snapshot on its way is kept."""
    event = threading.Event()

    def remember(*_: Any) -> None:
        event.set()

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, remember) if in_main else None
    try:
        yield event
    finally:
        if in_main:
            signal.signal(signal.SIGINT, before)
