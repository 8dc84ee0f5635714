"""The whole text of every page, for proof-reading: ``python -m tests.page_text > pages.txt``.

What Chromium shows, with all that is folded away, and what stands in tooltips and in the words of
figures. The dashboard runs on a store of its own, with one tiny run in it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page

from models.claims import CLAIMS
from models.experiment.presets import PRESETS
from models.store import Store
from models.stories import STORIES
from tests.browser.chromium import chromium
from tests.browser.server import Dashboard, running_dashboard
from tests.browser.test_inside import TINY
from tests.recorded import finished

WORD = re.compile(r"[A-Za-z]{3}")
"""What a line must have to be read: the numbers along axes have none."""
SCRIPT = "Read it here"
"""The fold with the standalone script, which is a text of its own."""
STILL_MILLISECONDS = 1000
"""How long a page stands still before it is read."""
TEXTS = """() => {
    const read = (selector, of) => [...document.querySelectorAll(selector)].map(of);
    return [
        ...read("section[data-testid=stSidebar], main", one => one.innerText),
        ...read("[role=figure]", one => "Figure: " + one.ariaLabel),
        ...read(".card[title]", one => "On a card: " + one.title),
    ].filter(Boolean);
}"""

Open = Callable[[Page, Dashboard], None]


def _at(address: str) -> Open:
    def open_page(page: Page, dashboard: Dashboard) -> None:
        page.goto(f"{dashboard.url}/{address}")

    return open_page


def _pressed(address: str, button: str, then: str = "") -> Open:
    """A page after the press of a button, and of a choice."""

    def open_page(page: Page, dashboard: Dashboard) -> None:
        page.goto(f"{dashboard.url}/{address}")
        page.get_by_role("button", name=button, exact=True).click()
        if then:
            _settle(page)
            page.get_by_text(then, exact=True).click()

    return open_page


def pages(run: str) -> dict[str, Open]:
    """What opens each page, in the states whose texts differ."""
    return {
        **{f"Race, {one.title}": _pressed("", one.title) for one in PRESETS.values()},
        "Race, a finished run": _at(f"?run={run}"),
        "Race, a bad address": _at("?task=no_task&clip=x&run=gone"),
        **{
            f"Gradient flow, {story.title}, {view}": _pressed("gradient_flow", story.title, view)
            for story in STORIES.values()
            for view in ("At initialisation", "During training")
        },
        "The way back": _at("the_way_back"),
        "The way back, an LSTM": _at("the_way_back?cell=lstm"),
        "Inside the cell": _at("inside_the_cell"),
        "Claims": _at("claims"),
        **{f"Claims, {claim.title}": _at(f"claims?claim={name}") for name, claim in CLAIMS.items()},
        "Your memory": _at("your_memory"),
        "Runs": _at(f"runs?run={run}"),
        "About": _at("about"),
    }


def texts(page: Page, dashboard: Dashboard, open_page: Open, told: set[str]) -> Iterator[str]:
    """The texts of a page, with all that was folded away, and its tooltips at the end.

    Tooltips of controls are left out where another page has ``told`` them.
    """
    open_page(page, dashboard)
    _settle(page)
    folded = page.locator("details:not([open]) > summary").filter(has_not_text=SCRIPT)
    for _ in range(folded.count()):
        folded.first.click()
        _settle(page)
    yield from page.evaluate(TEXTS)
    for button in page.get_by_role("button", name="Help").all():
        label = button.get_attribute("aria-label") or ""
        if label in told or not button.is_visible():
            continue
        told |= {label} if label.startswith("Help for") else set()
        button.hover()
        tooltip = page.get_by_role("tooltip").last
        tooltip.wait_for()
        yield f"Tooltip: {tooltip.inner_text()}"
        page.mouse.move(0, 0)


def _settle(page: Page) -> None:
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(STILL_MILLISECONDS)
    page.locator("[data-test-script-state=notRunning]").wait_for()


def main() -> None:
    """Prints every page; each text once, on the first page that has it."""
    printed: set[str] = set()
    told: set[str] = set()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_dashboard(Path(folder), trainers="1") as dashboard,
        chromium() as browser,
    ):
        run = finished(Store(dashboard.store_url), TINY)
        for name, open_page in pages(run).items():
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.set_default_timeout(60_000)
            print(f"\n\n===== {name} =====")
            for text in texts(page, dashboard, open_page, told):
                for line in text.splitlines():
                    if WORD.search(line) and line not in printed:
                        printed.add(line)
                        print(line)
            sys.stdout.flush()
            page.close()


if __name__ == "__main__":
    main()
