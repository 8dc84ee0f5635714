"""A store that goes away under a run or a page: the run ends, people are told, it comes back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from dashboard.scheduling.scheduler import Scheduler
from dashboard.session.session_state import VISITOR_SECRET
from models.settings.configuration import Configuration
from models.store import Store, StoreError
from models.store.lost_runs import GONE, close_lost_runs
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.faults.small_disk import small_disk
from tests.faults.victims import SLOWLY, event, training, wait_until
from tests.faults.whole import EXPERIMENT, Whole

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "dashboard" / "app.py"
ENDLESS = replace(EXPERIMENT, steps=10**6)
TOLD = "is not there any more, it was moved, deleted or unmounted: put it back, or restart the app"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stores"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{folder / 'runs.sqlite'}")
    yield store
    store.close()


def has_begun(store: Store, run: str) -> bool:
    return bool(store.profile_steps(run))


def test_a_run_ends_where_its_store_is_deleted_and_says_why(store: Store, folder: Path) -> None:
    run = store.create(ENDLESS)
    process = subprocess.Popen(
        [sys.executable, "-m", "models", "train", "--run", run],
        cwd=ROOT,
        env={**os.environ, "MEMORY_LAB_STORE": str(store.url)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: has_begun(store, run))
    shutil.rmtree(folder)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told.splitlines()[-1].startswith("python -m models: the store ")
    assert TOLD in told.splitlines()[-1]
    assert not folder.exists()


def test_a_run_whose_store_was_moved_loses_nothing_and_goes_on_when_it_is_back(
    store: Store, folder: Path, whole: Whole
) -> None:
    run, may_end = store.create(whole.experiment), event()
    away = folder.with_name("away")
    with training(store, run, pause=SLOWLY, may_end=may_end) as victim:
        wait_until(lambda: has_begun(store, run))
        folder.rename(away)
        may_end.set()
        victim.join(60)
        assert victim.exitcode == 1
    with pytest.raises(StoreError, match=TOLD):
        close_lost_runs(store)
    away.rename(folder)
    assert store.run(run).status == "running", "nobody has written its end where it was"
    assert close_lost_runs(store) == [run]
    end = store.run(run)
    assert (end.status, end.message, end.resumable) == ("interrupted", GONE, True)
    whole.check(store, run)
    with training(store, run) as victim:
        victim.join()
    whole.check_end(store, run)


def test_a_dashboard_that_sees_the_run_end_tells_the_store_why_when_it_is_back(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_LAB_STORE", str(store.url))
    scheduler = Scheduler(store, Configuration(trainers=1), {})
    away = folder.with_name("away")
    try:
        run = store.create(ENDLESS, "visitor")
        scheduler.wake()
        wait_until(lambda: has_begun(store, run))
        child = scheduler._training[run].child
        folder.rename(away)
        wait_until(child.result.done)
        assert not folder.exists()
        away.rename(folder)
        wait_until(lambda: not store.run(run).active)
        end = store.run(run)
        assert (end.status, end.resumable) == ("interrupted", True)
        assert TOLD in end.message
    finally:
        scheduler.close()


def test_a_store_whose_disk_is_unmounted_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        store = Store(f"sqlite:///{disk / 'runs.sqlite'}")
        store.create(EXPERIMENT)
    with pytest.raises(StoreError, match=TOLD):
        store.runs()
    with pytest.raises(StoreError, match=TOLD):
        store.create(EXPERIMENT)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def app(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The dashboard's pages on the store, with a scheduler that trains nothing."""
    monkeypatch.setenv("MEMORY_LAB_STORE", str(store.url))
    monkeypatch.setenv("MEMORY_LAB_SHARED", "yes")
    monkeypatch.setattr(app_resources, "Scheduler", FakeScheduler)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state[VISITOR_SECRET.name] = "a visitor without a browser, so without cookies"
    yield app
    for cached in (app_resources.configuration, app_resources.store, app_resources.scheduler):
        cached.clear()


def told(app: AppTest) -> list[str]:
    assert not app.exception
    return [error.value.replace("\\", "") for error in app.error]


@pytest.mark.parametrize("page", ["race", "runs", "about"])
def test_every_page_says_that_the_store_is_gone_and_goes_on_with_what_comes(
    app: AppTest, store: Store, folder: Path, page: str
) -> None:
    run = store.create(EXPERIMENT)
    store.finish(run, "stopped")
    app.query_params["run"] = run
    page = f"views/{page}.py"
    assert not told(app.run().switch_page(page).run())
    away = folder.with_name("away")
    folder.rename(away)
    (gone,) = told(app.run())
    assert gone.startswith("The store of runs does not respond: the store ")
    assert TOLD in gone
    away.rename(folder)
    assert not told(app.run())
    shutil.rmtree(folder)
    begun = Store(f"sqlite:///{folder / 'runs.sqlite'}").create(EXPERIMENT)
    assert not told(app.run())
    assert [one.id for one in app_resources.store().runs()] == [begun]


def test_train_says_why_it_does_not_begin(app: AppTest, store: Store, folder: Path) -> None:
    app.run()
    away = folder.with_name("away")
    button = app.button(key="train")
    folder.rename(away)
    button.click().run()
    assert not app.exception
    assert any(TOLD in text for text in told(app))
    assert not folder.exists()
    away.rename(folder)
    assert not told(app.run())
    app.button(key="train").click().run()
    assert [run.status for run in store.runs()] == ["queued"]
