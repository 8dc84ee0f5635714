"""A database that somebody else keeps locked, or that is away for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from dashboard.session.session_state import VISITOR_SECRET
from models.store import Store, database
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.faults.locks import cut_off_all, locked, restart_server
from tests.faults.victims import SLOWLY, event, training, wait_until
from tests.faults.whole import Whole

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
LOCKED_SECONDS = 1.0
CUTS = 8


def test_training_waits_for_a_lock_and_loses_nothing(store: Store, whole: Whole) -> None:
    run, may_end = store.create(whole.experiment), event()
    with training(store, run, pause=SLOWLY, may_end=may_end) as victim:
        wait_until(lambda: bool(store.profile_steps(run)))
        with locked(store):
            may_end.set()
            before = len(store.read(run, "diagnostics")[0])
            time.sleep(LOCKED_SECONDS)
            assert len(store.read(run, "diagnostics")[0]) == before
            assert victim.is_alive()
        victim.join()
    whole.check_end(store, run)


@pytest.mark.parametrize("cut_off", [cut_off_all, restart_server])
@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_training_connects_again_however_often_it_is_cut_off(
    store: Store, whole: Whole, cut_off: Callable[[Store], object]
) -> None:
    run, may_end = store.create(whole.experiment), event()
    with training(store, run, pause=SLOWLY, may_end=may_end) as victim:
        wait_until(lambda: bool(store.profile_steps(run)))
        for _ in range(CUTS):
            time.sleep(SLOWLY)
            cut_off(store)
        may_end.set()
        victim.join()
    whole.check_end(store, run)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The dashboard's pages on a store of their own, with a scheduler that trains nothing."""
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(app_resources, "Scheduler", FakeScheduler)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state[VISITOR_SECRET.name] = "a visitor without a browser, so without cookies"
    yield app
    for cached in (app_resources.configuration, app_resources.store, app_resources.scheduler):
        cached.clear()


def test_a_page_says_that_the_store_is_locked_and_goes_on_once_it_is_not(app: AppTest) -> None:
    app.run()
    store = app_resources.store()
    with locked(store):
        app.button(key="train").click().run()
        assert not app.exception
        (told,) = [warning.value.replace("\\", "") for warning in app.warning]
        assert told.startswith("Not started: the run cannot be stored: another program keeps")
        assert not store.runs()
    app.button(key="train").click().run()
    assert not app.exception
    assert [run.status for run in store.runs()] == ["queued"]
