"""Runs that were broken off go on, on a press."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from models.store import Status, Store
from models.store.run import BROKEN_OFF, short_id
from tests.dashboard import pages
from tests.recorded import measured

TINY = pages.tiny(steps=4, evaluate_every=2)


@pytest.mark.parametrize("status", BROKEN_OFF)
def test_a_run_that_was_broken_off_goes_back_into_the_queue(
    race: AppTest, store: Store, status: Status
) -> None:
    run = measured(store, TINY, until=2)
    store.request_stop(run)
    store.finish(run, status, "its trainer is gone")
    page = pages.open_run(race, run).button(key="resume").click().run()
    assert not page.exception
    after = store.run(run)
    assert (after.status, after.message, after.resumed) == ("queued", "", 1)
    assert not after.stop_requested
    assert app_resources.scheduler().woken == 1  # type: ignore[attr-defined]
    assert "Resume" not in pages.buttons(page)
    assert "Stop" in pages.buttons(page)
    assert page.query_params["run"] in (run, [run])
    assert len(store.read(run, "accuracy")[0]), "what it had measured stays"


def test_two_presses_resume_it_once(race: AppTest, store: Store) -> None:
    run = measured(store, TINY, until=2)
    store.finish(run, "stopped")
    page = pages.open_run(race, run)
    assert store.resume(run), "another tab was faster"
    page.button(key="resume").click().run()
    assert not page.exception
    assert store.run(run).resumed == 1


def test_an_interrupted_run_says_why_and_what_is_left(race: AppTest, store: Store) -> None:
    run = measured(store, TINY, until=2)
    store.finish(run, "interrupted", "its trainer is gone")
    shown_warnings = pages.warnings(pages.open_run(race, run))
    expected = (
        f"Run {short_id(run)} was interrupted: its trainer is gone. "
        "Its measurements up to then are shown."
    )
    assert expected in shown_warnings


def test_a_run_that_finished_is_not_resumed(race: AppTest, store: Store) -> None:
    run = measured(store, TINY)
    store.finish(run, "finished")
    assert "Resume" not in pages.buttons(pages.open_run(race, run))
