"""Runs that nobody trains any more are closed, and no others."""

from __future__ import annotations

import platform
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.experiment import Experiment
from models.store import Store, lost_runs
from models.store.lost_runs import GONE, SILENT_SECONDS, close_lost_runs
from models.store.process import identity
from models.store.tables import RUNS
from tests.recorded import measured

TINY = Experiment(
    cells=("rnn",), lengths=(10,), seeds=1, steps=2, evaluate_every=1, hidden_size=4, device="cpu"
)
DEAD = f"{platform.node()} {2**22 - 1} 1000.00"
ELSEWHERE = "another-host 1 1000.00"


def silent(store: Store, run: str, seconds: float) -> None:
    """Its trainer has said nothing for so long."""
    updated = datetime.now(UTC) - timedelta(seconds=seconds)
    change = sa.update(RUNS).where(RUNS.c.id == run).values(updated=updated)
    store.writing(lambda connection: connection.execute(change))


def test_a_run_whose_process_has_ended_is_closed_with_what_it_has(store: Store) -> None:
    run = measured(store, TINY)
    change = sa.update(RUNS).where(RUNS.c.id == run).values(process=DEAD)
    store.writing(lambda connection: connection.execute(change))
    assert close_lost_runs(store) == [run]
    closed = store.run(run)
    assert (closed.status, closed.message, closed.process) == ("interrupted", GONE, None)
    assert closed.finished
    assert closed.resumable
    assert len(store.read(run, "accuracy")[0])
    assert store.checkpoints(run)
    assert close_lost_runs(store) == []


def test_a_run_whose_process_is_there_goes_on_however_silent(store: Store) -> None:
    run = store.create(TINY, process=identity())
    silent(store, run, 10 * SILENT_SECONDS)
    assert close_lost_runs(store) == []
    assert store.run(run).status == "running"


@pytest.mark.parametrize(("seconds", "lost"), [(0.5, False), (1.5, True)])
def test_a_run_on_another_machine_is_lost_when_its_trainer_is_silent_for_long(
    store: Store, seconds: float, lost: bool
) -> None:
    run = store.create(TINY, process=ELSEWHERE)
    silent(store, run, seconds * SILENT_SECONDS)
    assert close_lost_runs(store) == ([run] if lost else [])
    if not lost:
        silent(store, run, 2 * SILENT_SECONDS)
        store.heartbeat([run])
        assert close_lost_runs(store) == [], "it has said something since"


def test_a_run_of_the_first_release_says_no_process(store: Store) -> None:
    run = store.create(TINY, process="x")
    change = sa.update(RUNS).where(RUNS.c.id == run).values(process=None)
    store.writing(lambda connection: connection.execute(change))
    assert close_lost_runs(store) == []
    silent(store, run, 2 * SILENT_SECONDS)
    assert close_lost_runs(store) == [run]


def test_runs_that_wait_or_have_ended_are_left_alone(store: Store) -> None:
    waits, ended = store.create(TINY), store.create(TINY, process=DEAD)
    store.finish(ended, "stopped", "by hand")
    for run in (waits, ended):
        silent(store, run, 10**6)
    assert close_lost_runs(store) == []
    assert store.run(waits).status == "queued"
    assert store.run(ended).message == "by hand"


def test_a_run_that_another_process_has_taken_meanwhile_is_not_closed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(TINY, process=DEAD)

    def taken(process: str) -> bool:
        store.finish(run, "interrupted", "closed by another dashboard", process)
        store.resume(run, identity())
        return True

    monkeypatch.setattr(lost_runs, "is_gone", taken)
    assert close_lost_runs(store) == []
    assert store.run(run).status == "running"
    assert store.run(run).process == identity()
