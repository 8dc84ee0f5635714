"""A disk that is full in the middle of a run: nothing is lost, and with room it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store, StoreError
from models.store.lost_runs import GONE, close_lost_runs
from tests.faults.small_disk import filled, small_disk
from tests.faults.victims import PATIENCE_SECONDS, SLOWLY, event, training, wait_until
from tests.faults.whole import Whole

STUCK_SECONDS = 0.7
SHORT_PATIENCE = 0.5


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path) as disk:
        yield disk


@pytest.fixture
def store(disk: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{disk / 'runs.sqlite'}")
    yield store
    store.close()


def test_a_run_waits_for_room_and_loses_nothing(store: Store, disk: Path, whole: Whole) -> None:
    run, may_end = store.create(whole.experiment), event()
    with training(store, run, pause=SLOWLY, may_end=may_end) as victim:
        wait_until(lambda: has_begun(store, run))
        with filled(disk):
            may_end.set()
            time.sleep(STUCK_SECONDS)
            before = store.run(run).updated
            whole.check(store, run)
            with pytest.raises(StoreError, match="is full: free some space"):
                store.pin(run, True)
            time.sleep(STUCK_SECONDS)
            assert store.run(run).updated == before
            assert victim.is_alive()
        victim.join()
    whole.check_end(store, run)


def test_where_patience_runs_out_the_run_says_why_and_goes_on_later(
    store: Store, disk: Path, whole: Whole
) -> None:
    run = store.create(whole.experiment)
    gives_up, may_end = event(), event()
    impatient = training(
        store, run, patience=SHORT_PATIENCE, pause=SLOWLY, ending=gives_up, may_end=may_end
    )
    with impatient as victim:
        wait_until(lambda: has_begun(store, run))
        with filled(disk):
            may_end.set()
            assert gives_up.wait(PATIENCE_SECONDS)
        victim.join()
        assert victim.exitcode == 0
    end = store.run(run)
    assert (end.status, end.resumable) == ("interrupted", True)
    assert end.message.startswith("the store could not be written: the disk of")
    goes_on(store, run, whole)


def test_where_not_even_the_end_can_be_written_others_find_it_out(
    store: Store, disk: Path, whole: Whole
) -> None:
    run, may_end = store.create(whole.experiment), event()
    with training(store, run, patience=0.1, pause=SLOWLY, may_end=may_end) as victim:
        wait_until(lambda: has_begun(store, run))
        with filled(disk):
            may_end.set()
            victim.join()
            assert victim.exitcode == 1
    assert close_lost_runs(store) == [run]
    assert store.run(run).message == GONE
    goes_on(store, run, whole)


def has_begun(store: Store, run: str) -> bool:
    return bool(store.profile_steps(run))


def goes_on(store: Store, run: str, whole: Whole) -> None:
    whole.check(store, run)
    with training(store, run) as victim:
        victim.join()
    whole.check_end(store, run)
