"""What a visitor sees of the Runs page, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Browser, expect

from models.store import Store
from tests.benchmarks.made_runs import make_runs
from tests.browser.conftest import WIDE, press, settled
from tests.browser.server import PATIENCE_SECONDS, running_dashboard

EVIL = "=1 <b>x</b> **y** $a$ :smile:"


def test_it_may_be_the_first_page_that_a_fresh_dashboard_shows(
    browser: Browser, tmp_path: Path
) -> None:
    with running_dashboard(tmp_path) as dashboard:
        page = browser.new_page()
        page.goto(f"{dashboard.url}/runs")
        page.get_by_text("Nothing has been trained yet.").wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.get_by_role("link", name="Race").click()
        page.get_by_role("button", name="Train", exact=True).wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.close()


def test_runs_are_selected_named_and_compared_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    with running_dashboard(tmp_path, shared="yes") as dashboard:
        store = Store(dashboard.store_url)
        other, first = make_runs(store, 2)
        page = browser.new_page(viewport=WIDE)
        page.goto(f"{dashboard.url}/runs")
        grid = page.get_by_test_id("data-grid-canvas")
        grid.wait_for()
        settled(page)
        grid.focus()
        for key in ("Space", "ArrowDown", "Space", "ArrowUp", "ArrowRight", "Enter"):
            page.keyboard.press(key)
            settled(page)
        page.locator("textarea.gdg-input").fill(EVIL)
        page.keyboard.press("Enter")
        page.get_by_text("2 runs selected").wait_for()
        until(lambda: store.run(first).labels.name == EVIL)
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("heading", name="Compare runs").wait_for()
        page.get_by_role("link").filter(has_text="A =1 <b>x</b> **y** $a$").wait_for()
        assert f"{first[-16:]},{other[-16:]}" in unquote(page.url)
        settled(page)
        page.get_by_test_id("stTopNavLink").filter(has_text="Runs").click()
        page.get_by_role("heading", name="Runs", exact=True).wait_for()
        page.close()


def test_a_name_is_kept_that_is_typed_while_runs_come_and_end(
    browser: Browser, tmp_path: Path
) -> None:
    with running_dashboard(tmp_path, shared="yes", trainers="1", minutes="0") as dashboard:
        store = Store(dashboard.store_url)
        make_runs(store, 1)
        page = browser.new_page(viewport=WIDE)
        page.goto(f"{dashboard.url}/?steps=20000")
        press(page.get_by_role("button", name="Train", exact=True))
        until(lambda: bool(store.active()) and store.active()[0].status == "running")
        trained = store.active()[0].id
        page.goto(f"{dashboard.url}/runs")
        grid = page.get_by_test_id("data-grid-canvas")
        grid.wait_for()
        settled(page)
        grid.focus()
        for key in ("ArrowRight", "Enter"):
            page.keyboard.press(key)
        page.locator("textarea.gdg-input").press_sequentially("as it ")
        make_runs(store, 1)
        page.get_by_role("button", name="Show 1 new run").wait_for()
        store.request_stop(trained)
        page.get_by_text("2 of 2 runs").wait_for()
        until(lambda: store.run(trained).summary is not None)
        expect(page.get_by_role("button", name="Show 1 new run")).to_have_count(1)
        page.keyboard.type("was typed")
        page.keyboard.press("Enter")
        until(lambda: store.run(trained).labels.name == "as it was typed")
        press(page.get_by_role("button", name="Show 1 new run"))
        page.get_by_text("3 of 3 runs").wait_for()
        page.close()


def until(holds: Callable[[], bool]) -> None:
    """Waits until this holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
