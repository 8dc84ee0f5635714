"""Lecture mode: a lesson from its first step to its last by keyboard, in type that can be read."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from models.lessons import LESSONS
from tests.browser.conftest import settled
from tests.browser.server import Dashboard

LEAST = 18
"""Pixels of the smallest type on a projector of 1280 × 720."""
SMALL_TYPE = """least => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const small = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        if (!text || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
        const { width, height } = element.getBoundingClientRect();
        const seen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (seen && width > 1 && height > 1 && size < least) small.push(`${text}: ${size}`);
    }
    return small;
}"""


def steps(page: Page) -> int:
    found: int = page.evaluate("history.length")
    return found


def wait_for_step(page: Page, number: int, of: int) -> None:
    """Waits until a step stands still with a plot of its own."""
    expect(page.locator(".st-key-lesson_text")).to_contain_text(f"{number} of {of} ·")
    settled(page)
    page.locator(".live-chart .main-svg:visible").first.wait_for()


def test_a_lesson_goes_from_its_first_step_to_its_last_by_keyboard(
    page: Page, dashboard: Dashboard
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    lesson = LESSONS["forgetting"]
    last = len(lesson.steps)
    page.goto(f"{dashboard.url}/?lesson=forgetting&step=1")
    wait_for_step(page, 1, last)
    before = steps(page)
    for number in range(1, last + 1):
        wait_for_step(page, number, last)
        assert page.evaluate(SMALL_TYPE, LEAST) == [], lesson.steps[number - 1].address
        bottom = page.evaluate(
            "Math.max(...[...document.querySelectorAll('.js-plotly-plot')].map("
            "one => one.getBoundingClientRect().bottom))"
        )
        assert 600 < bottom <= 720, "the plot fills the screen, and no more"
        assert f"step={number}" in page.url
        assert steps(page) == before + number - 1, "one press is one step of the history"
        if number < last:
            page.keyboard.press("PageDown" if number % 2 else "ArrowRight")
    for _ in range(3):
        page.keyboard.press("PageUp")
    wait_for_step(page, last - 3, last)
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Your own lesson").wait_for()
    assert page.url.endswith("/lessons")
