"""A game on the page Your memory, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from models.analysis.memory_game import ROUNDS, Game, recalled, spans_in_words
from models.analysis.memory_span import memory_spans
from tests.browser.conftest import Recorder, settled
from tests.browser.server import Dashboard

GAME = Game("recall", seed=3, longest=200)
KEYS = "window.addEventListener('keydown', event => (window.pressed = event.timeStamp), true)"
"""Run before the page's own scripts, so that it hears of each key first."""
WATCH = """() => {
    const told = document.querySelector('.memory-game [role=status]');
    const live = document.querySelector('.memory-game [aria-live=assertive]');
    const watch = (one, noted) => new MutationObserver(noted).observe(one, {childList: true});
    window.reactions = [];
    window.heard = [];
    watch(told, () => {
        if (window.pressed) window.reactions.push(performance.now() - window.pressed);
        window.pressed = undefined;
    });
    watch(live, () => window.heard.push(live.textContent));
}"""
"""Notes what a screen reader is given, and the milliseconds from each key to what it changes."""


def test_a_whole_game_by_keyboard_ends_with_the_visitors_span(
    page: Page, dashboard: Dashboard, record_property: Recorder
) -> None:
    page.add_init_script(KEYS)
    page.goto(f"{dashboard.url}/your_memory?task=recall&seed={GAME.seed}&seconds=0.1")
    settled(page)
    page.get_by_role("button", name="Start").focus()
    page.evaluate(WATCH)
    page.keyboard.press("Enter")
    told, choices = page.locator(".memory-game [role=status]"), GAME.question.symbols
    rung, answers = 0, []
    for number in range(ROUNDS):
        right = recalled(GAME.sequences(GAME.lengths[rung])[number])
        known = number % 3 != 2
        answers.append(right if known else choices[choices.index(right) - 1])
        page.locator(".memory-game .choice").first.wait_for()
        assert not page.locator(".memory-game mark").count(), "nothing is told before the answer"
        page.keyboard.press(str(choices.index(answers[-1]) + 1))
        expect(told).to_have_text(re.compile("^Right" if known else "^Wrong"))
        expect(page.locator(".memory-game mark")).to_have_text(right)
        rung = GAME.next_rung(rung, known)
        page.keyboard.press("Enter")
    own = spans_in_words(memory_spans(GAME.accuracy(answers)))
    page.get_by_text(own).wait_for()
    first = "".join(GAME.sequences(GAME.lengths[0])[0].symbols)
    assert "".join(page.evaluate("window.heard"))[: len(first)] == first
    reactions = page.evaluate("window.reactions")
    record_property("milliseconds from a key to the answer", reactions)
