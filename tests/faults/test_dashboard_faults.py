"""A dashboard that is killed, and the trainers of one."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dashboard.scheduling.scheduler import Scheduler
from models.settings.configuration import Configuration
from models.store import Store
from models.store.lost_runs import close_lost_runs
from tests.benchmarks.session import Session
from tests.browser.server import Dashboard, running_dashboard
from tests.faults.victims import processes_of, wait_until
from tests.faults.whole import EXPERIMENT, Whole

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = replace(EXPERIMENT, cells=("rnn",), steps=10**6, evaluate_every=20)
SHORT = replace(EXPERIMENT, cells=("rnn", "gru"), lengths=(10,))
CYCLES = 2


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """One that our processes use; in the end, none of them is left."""
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    monkeypatch.setenv("MEMORY_LAB_TRAINERS", "1")
    store = Store(url)
    yield store
    left = processes_of(store)
    for process in left:
        process.kill()
    assert not left


def none_is_left(store: Store) -> bool:
    return not processes_of(store)


def test_a_killed_trainer_is_told_and_its_run_goes_on(store: Store, whole: Whole) -> None:
    scheduler = Scheduler(store, Configuration(trainers=1), {})
    try:
        run = store.create(whole.experiment, "visitor")
        scheduler.wake()
        wait_until(lambda: bool(store.profile_steps(run)))
        process = store.run(run).process
        assert process
        psutil.Process(int(process.split()[-2])).kill()
        wait_until(lambda: store.run(run).status == "interrupted")
        assert store.run(run).message.startswith("its process was killed; if memory ran out")
        whole.check(store, run)
        assert store.resume(run)
        scheduler.wake()
        wait_until(lambda: store.run(run).status == "finished")
        whole.check_end(store, run)
    finally:
        scheduler.close()
        wait_until(lambda: none_is_left(store))


def test_what_trains_outlives_its_dashboard_and_what_waits_is_taken_up_by_the_next(
    store: Store, whole: Whole, tmp_path: Path
) -> None:
    endless = store.create(ENDLESS, "one")
    waits = store.create(whole.experiment, "other")
    with running_dashboard(tmp_path) as first:
        visit(first)
        wait_until(lambda: store.run(endless).done_steps > 0)
        first.process.kill()
        first.process.wait()
    before = store.run(endless).done_steps
    with running_dashboard(tmp_path) as second:
        visit(second)
        wait_until(lambda: len(warm(second)) == 1)
        assert store.run(endless).done_steps > before
        assert [store.run(run).status for run in (endless, waits)] == ["running", "queued"]
        store.request_stop(endless)
        wait_until(lambda: bool(store.profile_steps(waits)))
        assert store.run(endless).status == "stopped"
        second.process.kill()
        second.process.wait()
    assert store.run(waits).status == "running"
    wait_until(lambda: none_is_left(store))
    whole.check_end(store, waits)


def visit(dashboard: Dashboard) -> None:
    """Opens the page once, and leaves: from then on the dashboard has a trainer."""
    errors: list[str] = []

    async def open_and_leave() -> None:
        session = Session(dashboard.url, "memory_lab_visitor=" + 32 * "x", errors.append)
        await session.open("")
        await session.close()

    # Playwright's own event loop may have this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(lambda: asyncio.run(open_and_leave())).result()
    assert not errors


def warm(dashboard: Dashboard) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(dashboard.process.pid).children()
        if child.cmdline()[-1] == "serve"
    ]


@pytest.mark.parametrize("cycle", range(CYCLES))
def test_no_process_waits_for_a_dashboard_that_is_gone(store: Store, cycle: int) -> None:
    """Not the warm one in the middle of an answer, nor one that begins to train beside it."""
    lab = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.lab"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert lab.stdout
    assert lab.stdout.readline() == b"ready\n"
    runs = [store.create(SHORT, "visitor")] if cycle % 2 else []
    wait_until(lambda: all(store.run(run).status == "running" for run in runs))
    time.sleep(random.Random(cycle).uniform(0.0, 0.7))
    lab.kill()
    lab.communicate()
    wait_until(lambda: none_is_left(store))
    close_lost_runs(store)
    assert {store.run(run).status for run in runs} <= {"finished", "interrupted"}
