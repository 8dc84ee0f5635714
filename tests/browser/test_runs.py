"""What a visitor sees of the Runs page, in a real browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from tests.browser.conftest import settled
from tests.browser.server import PATIENCE_SECONDS, Dashboard, running_dashboard


def test_every_page_opens_by_its_address(page: Page, dashboard: Dashboard) -> None:
    for path in ("gradient_flow", "inside_the_cell", "your_memory", "runs", "about"):
        page.goto(f"{dashboard.url}/{path}?{urlencode({'cells': 'gru', 'lengths': 12})}")
        settled(page)
        page.get_by_test_id("stMainBlockContainer").get_by_role("heading").first.wait_for()
        assert page.get_by_test_id("stException").count() == 0


def test_it_may_be_the_first_page_that_a_fresh_dashboard_shows(
    browser: Browser, tmp_path: Path
) -> None:
    with running_dashboard(tmp_path) as dashboard:
        page = browser.new_page()
        page.goto(f"{dashboard.url}/runs")
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
        page.get_by_text("Nothing has been trained yet.").wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.get_by_role("link", name="Race").click()
        page.get_by_role("button", name="Train", exact=True).wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.close()
