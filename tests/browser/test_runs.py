"""What a visitor sees of the Runs page, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.server import running_dashboard


def test_it_may_be_the_first_page_that_a_fresh_dashboard_shows(
    browser: Browser, tmp_path: Path
) -> None:
    with running_dashboard(tmp_path) as dashboard:
        page = browser.new_page()
        page.goto(f"{dashboard.url}/runs")
        page.get_by_text("Nothing was trained yet.").wait_for(timeout=60_000)
        assert page.get_by_test_id("stException").count() == 0
        page.get_by_role("link", name="Race").click()
        page.get_by_role("button", name="Train", exact=True).wait_for(timeout=60_000)
        assert page.get_by_test_id("stException").count() == 0
        page.close()
