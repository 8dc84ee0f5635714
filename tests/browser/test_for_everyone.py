"""Every page for everyone: by keyboard, read aloud, in both themes."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from models.store import Store
from models.stories import STORIES
from tests.browser.conftest import press, settled
from tests.browser.server import Dashboard
from tests.browser.test_first_screen import FIRST_VISIT
from tests.browser.test_gradient_flow import wait_for_chart
from tests.browser.test_inside import TINY
from tests.browser.test_race import train
from tests.recorded import finished

GRAVE = {"serious", "critical"}
"""The impacts that axe-core gives to what keeps somebody from using a page."""
THEMES: dict[Literal["light", "dark"], tuple[str, ...]] = {
    "light": (),
    "dark": ("color-contrast",),
}
"""In which axe-core looks by which rules, by default by all."""
NEAR = 10
"""Most presses of Tab from opening a page to its main button; the first offers to skip ahead."""


def open_story(page: Page, dashboard: Dashboard) -> None:
    """The Gradient flow page with a recorded story, during training."""
    page.goto(f"{dashboard.url}/gradient_flow")
    title = STORIES["early_steps"].title
    page.get_by_role("button", name=title, exact=True).click()
    wait_for_chart(page, "influence")
    settled(page)


def open_page(page: Page, dashboard: Dashboard, address: str, *charts: str) -> None:
    """A page by its address; ``{run}`` in it is a finished run."""
    if "{run}" in address:
        address = address.format(run=finished(Store(dashboard.store_url), TINY))
    page.goto(f"{dashboard.url}/{address}")
    settled(page)
    for chart in charts:
        wait_for_chart(page, chart)
    settled(page)


def open_with_everything_unfolded(page: Page, dashboard: Dashboard) -> None:
    """The Race page with a finished run, and all that was folded away."""
    open_page(page, dashboard, "?run={run}", "accuracy", "norm")
    folded = page.locator("details:not([open]) > summary")
    empty = page.locator("details[open]:not(:has([data-testid=stElementContainer]))")
    while folded.count():
        press(folded.first)
        expect(empty).to_have_count(0)  # what is unfolded is asked for, and may hold folds
        settled(page)
    expect(folded).to_have_count(0)


def open_a_played_game(page: Page, dashboard: Dashboard) -> None:
    """The page Your memory after one answer, with the sequence and the spans."""
    open_page(page, dashboard, "your_memory?task=recall&seconds=0.1")
    for button in ("Start", "A", "End here"):
        page.get_by_role("button", name=button, exact=True).click()
    wait_for_chart(page, "your_span")
    settled(page)


PAGES: dict[str, Any] = {
    "Race": lambda *where: open_page(*where, "", "accuracy", "norm"),
    "Race, unfolded": open_with_everything_unfolded,
    "Race, bad address": lambda *where: open_page(
        *where, f"?{urlencode({'task': 'no_task', 'clip': 'x', 'run': 'gone'})}"
    ),
    "Gradient flow": lambda *where: open_page(*where, "gradient_flow", "initial_h"),
    "Gradient flow, a story": open_story,
    "The way back": lambda *where: open_page(*where, "the_way_back?cell=lstm"),
    "Inside the cell": lambda *where: open_page(*where, "inside_the_cell", "inside_ablation"),
    "Claims": lambda *where: open_page(*where, "claims"),
    "Claims, one": lambda *where: open_page(*where, "claims?claim=c_survives", "claim_0"),
    "Your memory, played": open_a_played_game,
    "Lecture mode": lambda *where: open_page(
        *where, "gradient_flow?lesson=gates&step=2&present=yes", "initial_c", "initial_h"
    ),
    "Lessons": lambda *where: open_page(*where, "lessons"),
    "Runs": lambda *where: open_page(*where, "runs?run={run}"),
    "About": lambda *where: open_page(*where, "about?cells=gru&lengths=12"),
}
"""What opens each page, in the states that differ."""


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds in the page, by default by all rules: which, and where it is broken."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everyone(page: Page, dashboard: Dashboard, name: str) -> None:
    PAGES[name](page, dashboard)
    assert page.get_by_test_id("stException").count() == 0
    # In the other theme the colours are others, and nothing else.
    for theme, rules in THEMES.items():
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(
            "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme",
            arg=theme,
        )
        assert violations(page, *rules) == [], theme
    levels = page.eval_on_selector_all(
        "h1, h2, h3, h4, h5, h6", "all => all.map(one => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), "no level is left out"
    plots = page.eval_on_selector_all(
        ".js-plotly-plot", "all => all.map(one => [one.role, one.ariaLabel])"
    )
    for role, words in plots:
        assert role == "figure"
        assert re.search(r"\d|[A-z]{3}", words), "a plot says what it shows"


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.innerText")
    return text.strip()


@pytest.mark.parametrize(
    ("address", "main_button"),
    [("", "Train"), ("gradient_flow", "Train"), ("inside_the_cell", "Train them")],
)
def test_the_keyboard_soon_comes_to_the_main_button(
    page: Page, dashboard: Dashboard, address: str, main_button: str
) -> None:
    page.add_init_script(FIRST_VISIT)
    page.goto(f"{dashboard.url}/{address}")
    page.get_by_role("button", name=main_button, exact=True).wait_for()
    settled(page)
    if not address:
        page.locator(".ways-in").wait_for()  # skipped as well
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Skip to main content
    presses = 1
    while focused(page) != main_button:
        page.keyboard.press("Tab")
        presses += 1
        assert presses <= NEAR, focused(page)
    outline = page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "solid 2px" in outline, "what has the focus is seen"


def test_nothing_moves_for_those_who_asked_for_less_motion(
    page: Page, dashboard: Dashboard
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(dashboard.url)
    train(page).wait_for()
    settled(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # Streamlit's own, before our style
    moving = page.eval_on_selector_all(
        "*",
        """all => all.filter(one => {
            const style = getComputedStyle(one);
            return [style.transitionDuration, style.animationDuration].some(text =>
                text.split(", ").some(one => parseFloat(one) > 0));
        }).map(one => one.outerHTML.slice(0, 100))""",
    )
    assert moving == []
