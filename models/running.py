"""From a run in the store to its measurements in the store."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from models.results.environment import environment
from models.results.store import Status, Store
from models.snapshot import Snapshot

ASK_SECONDS = 0.3
"""How often the store is asked whether the run should stop."""


def ignore(_: Snapshot, __: int) -> None:
    """Nobody follows the run."""


def execute(
    store: Store, run: str, follow: Callable[[Snapshot, int], None] = ignore
) -> tuple[Status, bool]:
    """Trains a queued run; says how it ended, and whether Ctrl-C ended it.

    ``follow`` hears of each snapshot and how many optimiser steps are done. What is measured is
    in the store by then, whatever happens next. An error is kept with the run and raised again.
    """
    from models.training import train  # torch is imported here

    experiment = store.run(run).experiment
    store.begin(run, environment())
    done: dict[str, int] = {}
    with _interrupted() as interrupted:
        asked = _Asked(store, run)
        try:
            for snapshot in train(experiment, lambda: interrupted.is_set() or asked()):
                done[snapshot.cell] = max(snapshot.step, done.get(snapshot.cell, 0))
                store.append(run, snapshot.tables, sum(done.values()))
                follow(snapshot, sum(done.values()))
        except Exception as error:
            store.finish(run, "failed", f"{type(error).__name__}: {error}")
            raise
        stopped = sum(done.values()) < experiment.steps * len(experiment.cells)
        status: Status = "stopped" if stopped else "finished"
        store.finish(run, status)
        return status, interrupted.is_set()


class _Asked:
    """Whether the store says stop; asks it now and then."""

    def __init__(self, store: Store, run: str) -> None:
        self._store, self._run = store, run
        self._next, self._answer = 0.0, False

    def __call__(self) -> bool:
        if not self._answer and time.monotonic() >= self._next:
            self._answer = self._store.stop_requested(self._run)
            self._next = time.monotonic() + ASK_SECONDS
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
