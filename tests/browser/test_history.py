"""The browser's history and the address: one press is one step, and Back leads to what was."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.conftest import settled
from tests.browser.server import Dashboard
from tests.browser.test_race import SMALL, train

QUIET_MILLISECONDS = 500


def steps(page: Page) -> int:
    found: int = page.evaluate("history.length")
    return found


def wait_for_address(page: Page, part: str) -> None:
    page.wait_for_function("part => location.href.includes(part)", arg=part)
    stands_still(page)


def stands_still(page: Page) -> None:
    """Until the page is drawn: what is pressed before may be lost."""
    # What the server would still add to the history comes with its next answers.
    page.wait_for_timeout(QUIET_MILLISECONDS)
    settled(page)


def task(page: Page) -> str:
    return page.get_by_role("combobox", name="Task", exact=True).input_value()


def test_one_press_is_one_step_and_back_leads_to_what_was(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    page.get_by_text("Recorded example.", exact=True).wait_for()
    stands_still(page)
    before = steps(page)
    page.get_by_role("button", name="Adding", exact=True).click()
    wait_for_address(page, "task=adding")
    assert steps(page) == before + 1
    page.get_by_role("link", name="Gradient flow").click()
    page.get_by_text("Follow the gradient back through time").wait_for()
    wait_for_address(page, "gradient_flow?")
    assert steps(page) == before + 2, "the settings come along without a step of their own"

    page.go_back()
    wait_for_address(page, "/?")
    expect(page.get_by_role("button", name="Adding", exact=True)).to_have_attribute(
        "data-testid", "stBaseButton-primary"
    )
    page.go_back()
    expect(page.get_by_role("button", name="Who remembers?", exact=True)).to_have_attribute(
        "data-testid", "stBaseButton-primary"
    )
    assert steps(page) == before + 2
    assert page.url.rstrip("/") == dashboard.url


def test_the_address_of_a_run_is_just_the_run_and_says_when_the_settings_are_others(
    page: Page, dashboard: Dashboard
) -> None:
    page.goto(f"{dashboard.url}/?{urlencode({**SMALL, 'steps': 20}, doseq=True)}")
    train(page).wait_for()
    stands_still(page)
    before = steps(page)
    train(page).click()
    page.get_by_text("finished.").wait_for()
    stands_still(page)
    assert steps(page) == before + 1
    assert re.fullmatch(re.escape(dashboard.url) + r"/\?run=[\w-]+", page.url)
    plot = page.locator(".st-key-accuracy .js-plotly-plot")
    title = page.locator(".st-key-accuracy .legendtitletext").first
    expect(title).to_contain_text("Temporal order · 1 seed · 20 steps")
    expect(plot).to_have_css("opacity", "1")
    plot.evaluate("plot => plot.dataset.stays = 'yes'")

    page.get_by_role("spinbutton", name="Seeds").fill("2")
    page.keyboard.press("Enter")
    page.get_by_text("The settings have changed since this run").wait_for()
    expect(plot).to_have_css("opacity", "0.45")
    stands_still(page)
    page.get_by_role("button", name="Restore its settings").click()
    expect(plot).to_have_css("opacity", "1")
    expect(plot).to_have_attribute("data-stays", "yes")  # not drawn anew
    expect(page.get_by_role("spinbutton", name="Seeds")).to_have_value("1")

    page.go_back()
    wait_for_address(page, "steps=20")
    expect(page.get_by_text("finished.")).to_have_count(0)
    page.go_forward()
    wait_for_address(page, "run=")
    page.get_by_text("finished.").wait_for()
