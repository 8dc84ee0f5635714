"""Generators in several processes: their items, stopping, errors, deaths."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator

import pytest

from models.training.processes import run_in_processes

Stop = Callable[[], bool]


def count(name: str, items: int, should_stop: Stop) -> Iterator[tuple[str, int, int]]:
    for item in range(items):
        if should_stop():
            return
        yield name, item, os.getpid()


def endless(should_stop: Stop) -> Iterator[int]:
    while not should_stop():
        yield os.getpid()
        time.sleep(0.01)


def fails(should_stop: Stop) -> Iterator[int]:
    yield 1
    raise ValueError("the reason")


def dies(should_stop: Stop) -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)


def never() -> bool:
    return False


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_generator_runs_in_a_process_of_its_own_and_its_items_come_in_order() -> None:
    items = list(run_in_processes(count, [("a", 3), ("b", 2)], never))
    assert [item for name, item, _ in items if name == "a"] == [0, 1, 2]
    assert [item for name, item, _ in items if name == "b"] == [0, 1]
    assert len({process for *_, process in items} | {os.getpid()}) == 3


def test_all_processes_end_once_they_should_stop() -> None:
    calls = iter(range(10**9))
    processes = set(run_in_processes(endless, [(), ()], lambda: next(calls) > 5))
    assert processes
    assert not any(map(is_running, processes))


def test_leaving_the_loop_leaves_no_process() -> None:
    items = run_in_processes(endless, [()], never)
    process = next(items)
    assert isinstance(items, Generator)
    items.close()
    assert not is_running(process)


def test_an_error_in_a_process_is_raised_in_the_parent() -> None:
    with pytest.raises(ValueError, match="the reason"):
        list(run_in_processes(fails, [()], never))


def test_a_killed_process_is_an_error_after_what_it_has_sent() -> None:
    items = run_in_processes(dies, [()], never)
    assert next(items) == 1
    with pytest.raises(RuntimeError, match="exit code -9"):
        next(items)
