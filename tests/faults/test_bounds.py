"""Every run and every question has its bounds, and nobody pays for another's: real processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.scheduling import questions
from dashboard.scheduling import scheduler as module
from dashboard.scheduling.child_processes import Child, ChildError
from dashboard.scheduling.scheduler import Scheduler
from models.exchange.files import all_files, read
from models.experiment.cost import REFERENCE, Cost
from models.settings.configuration import Configuration
from models.store import Store
from tests.faults.locks import locked
from tests.faults.small_disk import filled, small_disk
from tests.faults.victims import processes_of, wait_until
from tests.faults.whole import EXPERIMENT
from tests.imported import store_results
from tests.properties import tiny_run

SHORT = replace(EXPERIMENT, cells=("rnn",), lengths=(10,), learning_rate=(0.01,))
ENDLESS = replace(SHORT, steps=10**6)
REFUSED_SECONDS = 4.0
"""Long enough for many polls of the scheduler, and for a process to have imported torch."""
MEGABYTES = 400
VISITORS = 3
"""Who want the same at the same time."""
MOST_PROCESSES = 4
"""The warm process, one that compiles kernels, one that says how fast the machine is, and one that
trains."""

LARGE: dict[str, Any] = {"cells": ["lstm"], "lengths": [20000], "device": "cpu"}
TOO_LONG = {**LARGE, "hidden_size": 256, "batch_size": 1}
TOO_LARGE = {**LARGE, "hidden_size": 512, "batch_size": 256}


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    with scheduling(Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")) as found:
        yield found


@contextmanager
def scheduling(store: Store) -> Iterator[Scheduler]:
    """A dashboard's scheduler on this store; in the end, none of its processes is left."""
    url = store.url.render_as_string(hide_password=False)
    configuration = Configuration(trainers=1, megabytes=MEGABYTES)
    scheduler = Scheduler(store, configuration, {"MEMORY_LAB_STORE": url})
    try:
        yield scheduler
    finally:
        scheduler.close()
        wait_until(lambda: not processes_of(store))


def no_more_processes_than_may_be(store: Store) -> None:
    end = time.monotonic() + REFUSED_SECONDS
    while time.monotonic() < end:
        assert len(processes_of(store)) <= MOST_PROCESSES
        time.sleep(0.05)


def test_a_locked_store_costs_no_processes(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.create(SHORT, "visitor")
    with locked(store), scheduling(store):
        no_more_processes_than_may_be(store)
    with scheduling(store):
        wait_until(lambda: store.run(run).status == "finished")


def test_a_full_disk_costs_no_processes(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        store = Store(f"sqlite:///{disk / 'runs.sqlite'}")
        run = store.create(SHORT, "visitor")
        with scheduling(store):
            with filled(disk):
                no_more_processes_than_may_be(store)
            wait_until(lambda: store.run(run).status == "finished")
        store.close()


@pytest.mark.parametrize("experiment", [TOO_LONG, TOO_LARGE])
def test_a_question_above_the_limits_is_not_begun(
    scheduler: Scheduler, experiment: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: scheduler.speed is not REFERENCE)
    begun: list[str] = []
    monkeypatch.setattr(scheduler._children, "start", lambda name, *_: begun.append(name))
    with pytest.raises(ChildError, match=r"^about .*, above the limit of .*: lower the hidden"):
        scheduler.ask("at_initialisation", {"experiment": experiment})
    assert not begun


@pytest.fixture
def misjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question seems to cost nothing."""
    monkeypatch.setattr(questions, "cost_of_answer", lambda *_: Cost(0.0, 0.0))


@pytest.mark.usefixtures("misjudged")
def test_a_question_that_takes_more_than_it_may_is_ended_and_no_run_notices(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "SECONDS", 6.0)
    store = scheduler.store
    with ThreadPoolExecutor(2) as visitors:
        too_large = visitors.submit(scheduler.ask, "at_initialisation", {"experiment": TOO_LARGE})
        endless = visitors.submit(scheduler.ask, "at_initialisation", {"experiment": TOO_LONG})
        run = store.create(SHORT, "somebody else")
        scheduler.wake()
        wait_until(lambda: store.run(run).status == "finished")
        for answer in (too_large, endless):
            with pytest.raises(ChildError, match="lower the hidden size") as raised:
                answer.result()
            assert "DefaultCPUAllocator" not in str(raised.value)
    assert (store.run(run).resumed, store.run(run).message) == (0, "")


@pytest.mark.usefixtures("misjudged")
def test_a_question_takes_no_longer_than_it_may(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "SECONDS", 1.0)
    with pytest.raises(ChildError, match="it took more than 1 s: lower"):
        scheduler.ask("at_initialisation", {"experiment": {**TOO_LONG, "hidden_size": 64}})


class _GoneError(BaseException):
    """As Streamlit ends a page's script."""


@pytest.mark.usefixtures("misjudged")
def test_a_question_ends_where_nobody_waits_for_its_answer(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: scheduler.speed is not REFERENCE)
    store = scheduler.store
    wait_until(lambda: len(processes_of(store)) == 1)  # once the kernels are compiled
    (warm,) = processes_of(store)
    left = threading.Event()

    def yield_check() -> None:
        if left.is_set():
            raise _GoneError

    page = SimpleNamespace(yield_check=yield_check)
    monkeypatch.setattr(questions, "get_script_run_ctx", lambda **_: page)
    with ThreadPoolExecutor(1) as visitor:
        asked = visitor.submit(scheduler.ask, "at_initialisation", {"experiment": TOO_LONG})
        wait_until(lambda: len(processes_of(store)) == 2)
        left.set()
        with pytest.raises(_GoneError):
            asked.result()
    wait_until(lambda: processes_of(store) == [warm])


def test_an_import_has_a_process_of_its_own(scheduler: Scheduler, tmp_path: Path) -> None:
    export, other = tmp_path / "export.zip", tmp_path / "other.zip"
    export.write_bytes(tiny_run.packed())
    other.write_bytes(export.read_bytes()[:-1])
    (imported,) = scheduler.import_files([export], "visitor")
    run = scheduler.store.run(imported)
    assert (run.visitor, run.status) == ("visitor", "finished")
    with pytest.raises(ChildError, match="not a ZIP file, or a damaged one"):
        scheduler.import_files([other], "visitor")


def test_a_large_export_has_a_process_of_its_own(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store_results(scheduler.store, tiny_run.results())
    small, large = tmp_path / "small.zip", tmp_path / "large.zip"
    scheduler.export(run, "run.zip", small)
    monkeypatch.setattr(module, "SMALL_EXPORT_BYTES", 0)
    monkeypatch.setattr(module, "export", None)  # nothing is made here any more
    scheduler.export(run, "run.zip", large)
    assert all_files(read(large)) == all_files(read(small))
    with pytest.raises(ChildError, match="Is a directory"):
        scheduler.export(run, "run.zip", tmp_path)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions and imports were on their way, whenever one was begun."""
    found, begun = list[int](), list[Child]()
    answer = questions._wait_for

    def watched(child: Child) -> Any:
        begun.append(child)
        found.append(len(begun))
        try:
            return answer(child)
        finally:
            begun.remove(child)

    monkeypatch.setattr(questions, "_wait_for", watched)
    return found


@pytest.mark.usefixtures("misjudged")
def test_questions_that_find_no_room_wait_for_it(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch, at_once: list[int]
) -> None:
    monkeypatch.setattr(questions, "cost_of_answer", lambda *_: Cost(0.0, 0.6 * MEGABYTES))
    wait_until(lambda: scheduler.speed is not REFERENCE)
    at_once.clear()
    with ThreadPoolExecutor(VISITORS) as visitors:
        answers = [visitors.submit(scheduler.ask, "speed", {}) for _ in range(VISITORS)]
        assert all(answer.result() for answer in answers)
    assert max(at_once) <= 1


def test_one_import_comes_after_the_other(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: list[int]
) -> None:
    monkeypatch.setattr(questions, "IMPORT_MEGABYTES", 1.0)
    export = tmp_path / "export.zip"
    export.write_bytes(tiny_run.packed())
    wait_until(lambda: scheduler.speed is not REFERENCE)
    at_once.clear()
    with ThreadPoolExecutor(VISITORS) as visitors:
        imports = [
            visitors.submit(scheduler.import_files, [export], "visitor") for _ in range(VISITORS)
        ]
        assert len({run for one in imports for run in one.result()}) == VISITORS
    assert max(at_once) <= 1
