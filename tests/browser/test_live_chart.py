"""The chart and the clock by themselves, called as Streamlit calls them.

While it loads a component's module Streamlit may call it with ever newer data, and then ends each
call but the last, some of them after the last has begun.
"""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, Page

from dashboard.components.clock import PLACE as CLOCK
from dashboard.components.live_chart import SOURCE, as_json

PLOTLY = """
window.Plotly = {
    react: (element, {data}) => {
        if (data[0].name === "bad") throw new Error("a figure that Plotly cannot draw");
        element.data = data;
    },
    purge: (element) => { delete element.data; },
    relayout: () => {},
    Plots: { resize: async () => {} },
};
"""
"""What the chart calls of it: the picture is what ``data`` says."""
LONG = 10_000
"""Milliseconds after which all is purged that ever is."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.clock.install()
    page.set_content("<div id=chart style='width: 900px'></div><div id=clock></div>")
    page.evaluate(
        """async sources => {
            window.reportError = () => {};
            for (const [name, source] of Object.entries(sources)) {
                const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
                window[name] = (await import(url)).default;
            }
        }""",
        {"chart": SOURCE, "clock": CLOCK.with_suffix(".js").read_text()},
    )
    yield page
    page.close()


def figure(name: str) -> dict[str, object]:
    text = as_json(go.Figure(go.Scatter(y=[1], name=name, uid=name)))
    return {"figure": text, "script": f"data:text/javascript,{PLOTLY}", "config": {}}


def picture_after(page: Page, calls: str) -> str | None:
    """The name of the picture that stays after these calls with ``figures``."""
    names = ("first", "second", "bad")
    page.evaluate(
        f"""async figures => {{
            const parentElement = document.querySelector("#chart");
            const draw = name => chart({{data: figures[name], parentElement}});
            const drawn = () => document.querySelector(".live-chart").chart.work.catch(() => {{}});
            {calls}
            await drawn();
        }}""",
        {name: figure(name) for name in names},
    )
    page.clock.run_for(LONG)
    found: str | None = page.evaluate("document.querySelector('.live-chart').data?.[0].name")
    return found


def test_a_call_that_is_ended_after_the_next_has_begun_leaves_its_picture(page: Page) -> None:
    assert picture_after(page, "const end = draw('first'); draw('second'); end();") == "second"


def test_a_call_that_is_ended_before_the_next_begins_leaves_its_picture(page: Page) -> None:
    assert picture_after(page, "draw('first')(); draw('second');") == "second"


def test_what_has_gone_is_purged(page: Page) -> None:
    assert picture_after(page, "draw('first')();") is None


def test_after_a_figure_that_cannot_be_drawn_comes_the_next(page: Page) -> None:
    assert picture_after(page, "draw('bad'); await drawn(); draw('first');") == "first"


def test_space_still_plays_after_a_call_has_been_ended(page: Page) -> None:
    page.evaluate(
        """() => {
            const parentElement = document.querySelector("#clock");
            const begin = () =>
                clock({data: {source: "run", steps: [0, 1, 2], rows: []}, parentElement});
            const end = begin();
            begin();
            end();
        }"""
    )
    page.keyboard.press("Space")
    assert page.get_by_role("button").inner_text() == "❚❚ Pause"
