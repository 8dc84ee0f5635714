"""A walk in a real browser: the keys lead through it, and are answered at once."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from models.diagnostics.way_back.settings import WalkSettings
from models.diagnostics.way_back.walk import walk
from tests.browser.conftest import Recorder, settled
from tests.browser.server import Dashboard

MEASURE = """() => {
    window.answers = [];
    let pressed;
    window.addEventListener("keydown", () => (pressed = performance.now()), true);
    new MutationObserver(() => {
        const since = pressed;
        const painted = () => window.answers.push(performance.now() - since);
        requestAnimationFrame(() => setTimeout(painted));
    }).observe(document.querySelector(".walk output"), {childList: true});
}"""
"""How long after a key the next picture is painted, in milliseconds."""


def test_the_keys_lead_from_the_first_step_to_the_last(
    page: Page, dashboard: Dashboard, asked: list[object], record_property: Recorder
) -> None:
    frames = walk(WalkSettings("lstm", length=5)).frames
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{dashboard.url}/the_way_back?cell=lstm&length=5")
    sentence = page.locator(".walk-sentence")
    expect(sentence).to_have_text(frames[0].sentence)
    settled(page)
    assert (
        page.evaluate("document.querySelector('.walk svg').getBoundingClientRect().bottom") <= 768
    )
    page.evaluate(MEASURE)
    before = len(asked)
    for place, frame in enumerate(frames[1:], start=1):
        page.keyboard.press("ArrowRight")
        expect(sentence).to_have_text(frame.sentence)
        page.wait_for_function("most => window.answers.length === most", arg=place)
    page.keyboard.press("ArrowLeft")
    expect(sentence).to_have_text(frames[-2].sentence)
    answers = page.evaluate("window.answers")
    record_property("milliseconds from a key to the next picture", answers)
    assert len(asked) == before
    page.get_by_role("radio", name="RNN, ReLU").click()
    sentence.get_by_text("ReLU").wait_for()
    page.keyboard.press("Home")
    output = page.locator(".walk output")
    expect(output).to_contain_text("1 of ")
    page.keyboard.press("ArrowRight")
    expect(output).to_contain_text("2 of ")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Play").wait_for()
