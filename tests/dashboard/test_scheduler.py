"""The scheduler with real processes."""

from __future__ import annotations

import os
import platform
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from dashboard.scheduling import child_processes
from dashboard.scheduling import scheduler as module
from dashboard.scheduling.child_processes import ChildError
from dashboard.scheduling.machine_speed import MachineSpeed
from dashboard.scheduling.scheduler import Scheduler
from models.experiment import Experiment
from models.settings.configuration import Configuration
from models.store import Store
from models.store.process import identity
from models.store.run import Run

SHORT = Experiment(
    cells=("rnn",),
    lengths=(10,),
    seeds=1,
    steps=4,
    evaluate_every=2,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    device="cpu",
)
ENDLESS = replace(SHORT, cells=("rnn", "gru"), steps=10**6, evaluate_every=20)
PATIENCE_SECONDS = 90
LONG = timedelta(seconds=1)


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('trainer') / 'runs.sqlite'}")


def start(store: Store) -> Scheduler:
    variables = {"MEMORY_LAB_STORE": store.url.render_as_string(hide_password=False)}
    return Scheduler(store, Configuration(trainers=1), variables)


@pytest.fixture(scope="module")
def shared(store: Store) -> Iterator[Scheduler]:
    """One for all tests: its process takes seconds to import torch."""
    scheduler = start(store)
    yield scheduler
    scheduler.close()


@pytest.fixture
def scheduler(shared: Scheduler) -> Iterator[Scheduler]:
    """With nothing to do, before and after."""
    store = shared.store
    yield shared
    for run in store.active():
        shared.stop(run.id)
    wait_until(lambda: not store.active())


@pytest.fixture
def impatient(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    """One for which LONG is a long time to look away."""
    allowed = Configuration(trainers=1, unattended_minutes=LONG / timedelta(minutes=1))
    monkeypatch.setattr(scheduler, "configuration", allowed)
    return scheduler


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.05)


def submit(
    store: Store, scheduler: Scheduler, experiment: Experiment, visitor: str | None = None
) -> str:
    run = store.create(experiment, visitor)
    scheduler.wake()
    return run


def place(scheduler: Scheduler, run: str) -> int:
    found = scheduler.place(run)
    return found.number if found else 0


def trains(store: Store, run: str) -> bool:
    return store.run(run).done_steps > 0


def test_runs_train_one_after_the_other_and_wait_in_a_queue(
    store: Store, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Run] = []
    monkeypatch.setattr(MachineSpeed, "learn", lambda _, run: learned.append(run))
    first, second, third = (submit(store, scheduler, one) for one in (ENDLESS, SHORT, SHORT))
    wait_until(lambda: trains(store, first))
    assert [place(scheduler, run) for run in (first, second, third)] == [0, 1, 2]
    scheduler.stop(third)
    assert store.run(third).status == "stopped"
    scheduler.stop(first)
    wait_until(lambda: store.run(second).status == "finished")
    assert store.run(first).status == "stopped"
    kept, _ = store.read(first, "accuracy")
    assert set(kept["cell"]) == {"rnn", "gru"}
    assert store.run(second).done_steps == SHORT.steps
    wait_until(lambda: len(learned) == 2)
    assert [(run.id, run.status) for run in learned] == [(first, "stopped"), (second, "finished")]


def test_a_killed_process_is_reported_and_what_it_measured_stays(
    store: Store, scheduler: Scheduler
) -> None:
    run = submit(store, scheduler, ENDLESS)
    wait_until(lambda: trains(store, run))
    os.kill(trainer_of(store, run), signal.SIGKILL)
    wait_until(lambda: store.run(run).status == "interrupted")
    assert "its process was killed; if memory ran out, lower" in store.run(run).message
    assert len(store.read(run, "accuracy")[0])
    after = submit(store, scheduler, SHORT)
    wait_until(lambda: store.run(after).status == "finished")


def test_what_a_killed_warm_process_had_started_ends_with_it(
    store: Store, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_processes, "RESTART_SECONDS", 0.0)
    run = submit(store, scheduler, ENDLESS)
    wait_until(lambda: trains(store, run))
    trainer = trainer_of(store, run)
    os.kill(warm_process(), signal.SIGKILL)
    wait_until(lambda: store.run(run).status == "interrupted")
    wait_until(lambda: not psutil.pid_exists(trainer))
    after = submit(store, scheduler, SHORT)
    wait_until(lambda: store.run(after).status == "finished")


def trainer_of(store: Store, run: str) -> int:
    process = store.run(run).process
    assert process
    return int(process.split()[-2])


def warm_process() -> int:
    own = psutil.Process().children()
    (found,) = [one.pid for one in own if one.cmdline()[-2:] == ["models", "serve"]]
    return found


def test_one_that_does_not_stop_is_killed(
    store: Store, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    run = submit(store, scheduler, ENDLESS)
    wait_until(lambda: trains(store, run))
    scheduler.stop(run)
    wait_until(lambda: store.run(run).status == "stopped")


def test_a_run_whose_trainer_is_gone_is_closed_whenever_that_shows(
    store: Store, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(scheduler, "_next_look", 0.0)
    own, waits = (submit(store, scheduler, ENDLESS) for _ in range(2))
    wait_until(lambda: trains(store, own))
    lost = store.create(SHORT, process=f"{platform.node()} {2**22 - 1} 1000.00")
    alive = store.create(SHORT, process=identity())
    elsewhere = store.create(SHORT, process="another-host 1 1000.00")
    scheduler.wake()
    wait_until(lambda: store.run(lost).status == "interrupted")
    assert store.run(lost).message == "its trainer is gone"
    assert store.run(alive).status == "running"
    assert store.run(elsewhere).status == "running"
    assert store.run(own).status == "running"
    assert store.run(waits).status == "queued"
    for run in (alive, elsewhere):
        store.finish(run, "stopped")


def test_a_run_that_nobody_looks_at_gives_way_and_goes_on_later(
    store: Store, impatient: Scheduler
) -> None:
    unwatched = submit(store, impatient, ENDLESS, "gone")
    wait_until(lambda: trains(store, unwatched))
    short = submit(store, impatient, SHORT, "here")

    def finished() -> bool:
        impatient.mark_viewed(short)
        return store.run(short).status == "finished"

    wait_until(finished)
    before = store.run(unwatched).done_steps
    wait_until(lambda: store.run(unwatched).done_steps > before)
    assert store.run(unwatched).resumed == 1


@contextmanager
def suspended(process: psutil.Process, store: Store) -> Iterator[None]:
    """Not while it writes: the store would stay locked."""
    try:
        wait_until(lambda: suspends(process, store))
        yield
    finally:
        process.resume()


def suspends(process: psutil.Process, store: Store) -> bool:
    """Whether others can write to the store once it is suspended; if not, it goes on."""
    process.suspend()
    with closing(sqlite3.connect(str(store.url.database), timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            process.resume()
            return False
    return True


def test_a_stopped_run_stays_stopped_though_others_wait(store: Store, impatient: Scheduler) -> None:
    run = submit(store, impatient, ENDLESS, "gone")
    wait_until(lambda: trains(store, run))
    with suspended(psutil.Process(trainer_of(store, run)), store):  # slow to end
        impatient.stop(run)
        waits = submit(store, impatient, SHORT, "here")
        time.sleep(1.5 * LONG.total_seconds())
    wait_until(lambda: store.run(waits).status == "finished")
    assert (store.run(run).status, store.run(run).resumed) == ("stopped", 0)


def test_a_run_that_somebody_looks_at_goes_on(store: Store, impatient: Scheduler) -> None:
    watched = submit(store, impatient, ENDLESS, "here")
    waits = submit(store, impatient, SHORT, "there")

    def stays_for_long() -> bool:
        impatient.mark_viewed(watched)
        started = store.run(watched).started
        return started is not None and datetime.now(UTC) - started > 4 * LONG

    wait_until(stays_for_long)
    assert (store.run(watched).status, store.run(waits).status) == ("running", "queued")


def test_a_run_that_takes_too_much_memory_is_killed_and_says_so(
    store: Store, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "configuration", Configuration(trainers=1, megabytes=5))
    run = submit(store, scheduler, ENDLESS)
    wait_until(lambda: not store.run(run).active)
    assert store.run(run).status == "failed"
    assert "more than the 5 MiB that it may take: lower" in store.run(run).message


INITIALISATION = {
    "experiment": {"cells": ["rnn"], "lengths": [10], "seeds": 1, "hidden_size": 4, "batch_size": 4}
}


def test_questions_are_answered_whether_a_run_trains_or_not(
    store: Store, scheduler: Scheduler
) -> None:
    waiting = scheduler.ask("at_initialisation", INITIALISATION)
    assert len(waiting["profiles"][0]["norms"]) == 10
    run = submit(store, scheduler, ENDLESS)
    wait_until(lambda: trains(store, run))
    assert scheduler.ask("at_initialisation", INITIALISATION) == waiting
    scheduler.stop(run)
    wait_until(lambda: store.run(run).status == "stopped")


def test_a_question_that_cannot_be_answered_says_why(scheduler: Scheduler) -> None:
    bad = {"experiment": {**INITIALISATION["experiment"], "cells": ["lstm:bias=9"]}}
    with pytest.raises(ChildError, match="bias=9 is not offered"):
        scheduler.ask("at_initialisation", bad)


def test_a_question_is_asked_again_where_the_process_dies_over_it(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_processes, "RESTART_SECONDS", 0.0)
    scheduler.ask("at_initialisation", INITIALISATION)
    os.kill(warm_process(), signal.SIGKILL)
    assert scheduler.ask("at_initialisation", INITIALISATION)["profiles"]
