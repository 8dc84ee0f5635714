"""What goes wrong around a page is shown as one message, without a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from dashboard.session.session_state import SELECTED_RUNS
from models.experiment import Experiment
from models.store import Store, StoreError, database
from tests.dashboard import pages
from tests.properties import tiny_run
from tests.recorded import measured

Configure = Callable[..., None]
VIEWS = Path(__file__).resolve().parents[2] / "dashboard" / "views"
PAGES = ("race", "gradient_flow", "inside_the_cell", "your_memory", "runs", "about")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not wait for locks."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    app_resources.store.clear()


@contextmanager
def locked(store: Store, *, for_readers: bool = False) -> Iterator[None]:
    """The store while another program writes to it, or even keeps readers away."""
    assert store.file
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        if for_readers:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE runs SET pinned = pinned")
        yield


def broken(store: Store) -> None:
    """Makes the file one that is no database."""
    assert store.file
    store.close()
    for file in store.file.parent.glob(f"{store.file.name}*"):
        file.unlink()
    store.file.write_bytes(b"This is no database. " * 500)


def only_error(page: AppTest) -> str:
    assert not page.exception
    (error,) = page.error
    value: str = error.value
    assert "\n" not in value
    assert "Traceback" not in value
    return value.replace("\\", "")


def at(app: AppTest, name: str) -> AppTest:
    return app.run().switch_page(f"views/{name}.py").run()


def test_a_setting_that_cannot_be_used_is_shown_on_every_page(
    race: AppTest, configured: Configure
) -> None:
    configured(minutes="soon")
    message = only_error(race.run())
    assert message.startswith(
        "This app is not set up correctly: MEMORY_LAB_MINUTES is 'soon': give a"
    )
    assert not race.button
    for name in PAGES:
        assert only_error(at(race, name)) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"minutess": "3"}, "there is no variable 'MEMORY_LAB_MINUTESS': did you mean"),
        ({"trainers": "0"}, "MEMORY_LAB_TRAINERS is '0': give a whole number of at least 1"),
        ({"store": "nonsense://anna:geheim@host/x"}, "MEMORY_LAB_STORE is 'nonsense://…'"),
    ],
)
def test_it_says_which_setting_and_what_is_allowed(
    race: AppTest, configured: Configure, settings: dict[str, str], message: str
) -> None:
    configured(**settings)
    found = only_error(race.run())
    assert message in found.replace("\u2060", "")
    assert "geheim" not in str(race.main)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", PAGES)
def test_a_store_that_cannot_be_read_is_shown_on_every_page(
    race: AppTest, store: Store, name: str
) -> None:
    at(race, name)
    app_resources.store().close()
    app_resources.store.clear()
    app_resources.scheduler.clear()
    broken(store)
    message = only_error(race.run())
    assert message.startswith("The store of runs does not respond: ")
    assert "file is not a database" in message
    assert message.endswith("Reload the page in a while.")


@pytest.mark.usefixtures("impatient")
def test_a_locked_store_is_shown_and_the_page_comes_back(race: AppTest, store: Store) -> None:
    store.close()
    with locked(store, for_readers=True):
        assert "locked: end it, or wait" in only_error(race.run())
    page = race.run()
    assert not page.exception
    assert not page.error
    assert "Train" in pages.buttons(page)


def test_a_database_that_is_away_is_shown_without_its_password(
    race: AppTest, configured: Configure
) -> None:
    configured(store="postgresql+psycopg://anna:geheim@127.0.0.1:1/runs")
    app_resources.store.clear()
    message = only_error(race.run())
    assert "The store of runs does not respond" in message
    assert "geheim" not in message


@pytest.mark.usefixtures("impatient")
def test_train_on_a_locked_store_says_so_and_works_when_it_is_free(
    race: AppTest, store: Store
) -> None:
    page = race.run()
    with locked(store):
        page.button(key="train").click().run()
        assert not page.exception
        (message,) = [text for text in pages.warnings(page) if "Not started" in text]
        assert "locked: end it, or wait" in message.replace("\\", "")
    assert not store.count()
    page.button(key="train").click().run()
    assert not page.exception
    assert store.count() == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("press", ["pin", "delete"])
def test_a_run_of_a_locked_store_is_kept_and_the_page_says_so(
    race: AppTest, store: Store, press: str
) -> None:
    run = store.create(Experiment(), process="a trainer")
    store.finish(run, "finished")
    page = at(race, "runs")
    page.session_state[SELECTED_RUNS.name] = (run,)
    page.run()
    with locked(store):
        page.button(key=f"{press}_selected").click().run()
        assert not page.exception
        message = "\n".join(error.value for error in page.error).replace("\\", "")
        assert "locked: end it, or wait" in message
    assert not store.run(run).pinned


@pytest.mark.usefixtures("impatient")
def test_stop_on_a_locked_store_says_so(race: AppTest, store: Store) -> None:
    page = race.run()
    page.button(key="train").click().run()
    with locked(store):
        page.button(key="stop").click().run()
        assert not page.exception
        assert any("cannot be stopped" in text for text in pages.warnings(page))
    (run,) = store.runs()
    assert not run.stop_requested


def refuse(*_: object) -> None:
    raise StoreError("the network is down")


def test_a_store_that_fails_while_about_is_open_is_shown_once(
    race: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at(race, "about")
    monkeypatch.setattr(Store, "sizes", refuse)
    assert "does not respond: the network is down" in only_error(page.run())


def test_a_store_that_fails_while_a_run_is_followed_is_shown_once(
    race: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = measured(store, replace(tiny_run.TINY, learning_rate=(0.01,)), until=1)
    race.query_params["run"] = run
    page = race.run()
    assert not page.exception
    store.heartbeat([run])
    monkeypatch.setattr(Store, "read", refuse)
    assert "does not respond: the network is down" in only_error(page.run())


@pytest.mark.parametrize("name", ["race", "gradient_flow", "inside_the_cell"])
def test_an_unknown_run_in_the_address_is_text(name: str) -> None:
    page = AppTest.from_file(str(VIEWS / f"{name}.py"), default_timeout=60)
    page.query_params["run"] = "[x](http://evil.example) <b>"
    page.run()
    assert not page.exception
    everything = "\n".join(text.value for text in (*page.warning, *page.info, *page.markdown))
    assert "](http" not in everything
    assert "run" not in page.query_params
