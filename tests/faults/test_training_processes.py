"""Processes beside each other, when one of them or their parent ends in the middle of anything."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from models.experiment import Experiment
from models.store import Store
from models.training.processes import ProcessDiedError, run_in_processes
from tests.faults.victims import (
    ORPHAN_SECONDS,
    forked,
    is_there,
    training,
    wait_until,
)
from tests.faults.whole import EXPERIMENT

FORK: Any = multiprocessing.get_context("fork")
LARGE = 2**24
"""Bytes, far more than a pipe holds."""

Stop = Callable[[], bool]


def computes(should_stop: Stop) -> Iterator[int]:
    """One that has no time to ask anything."""
    yield os.getpid()
    while True:
        time.sleep(1.0)


def says_much(should_stop: Stop) -> Iterator[bytes]:
    yield b""
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
    yield bytes(LARGE)


def never() -> bool:
    return False


def follow(told: Any) -> None:
    for process in run_in_processes(computes, [(), ()], never):
        told.send(process)


def test_they_end_with_their_parent_whatever_they_are_at() -> None:
    ours, theirs = FORK.Pipe()
    parent = FORK.Process(target=follow, args=(theirs,))
    parent.start()
    children = [psutil.Process(ours.recv()) for _ in range(2)]
    assert all(map(is_there, children))
    parent.kill()
    parent.join()
    wait_until(lambda: not any(map(is_there, children)), ORPHAN_SECONDS)


def test_one_killed_in_the_middle_of_what_it_says_has_died() -> None:
    items = run_in_processes(says_much, [()], never)
    assert next(items) == b""
    time.sleep(1.0)  # meanwhile nobody hears it
    with pytest.raises(ProcessDiedError, match="exit code -9"):
        next(items)


def test_what_ends_all_of_them_is_told_as_such_and_keeps_where_they_were(store: Store) -> None:
    """As a service manager does: it tells every process to end, not the first alone."""
    run = store.create(Experiment(**{**vars(EXPERIMENT), "steps": 10**6}))
    with training(store, run, checkpoint_seconds=1000.0) as victim:
        wait_until(lambda: store.run(run).done_steps > 0)
        for process in (*forked(victim), psutil.Process(victim.pid)):
            process.terminate()
        victim.join()
    end = store.run(run)
    assert (end.status, end.message) == ("interrupted", "its process was asked to end")
    assert len(store.checkpoints(run)) == len(EXPERIMENT.cells)
