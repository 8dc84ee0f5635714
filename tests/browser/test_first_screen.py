"""What stands on the first screen of the Race page, and the clock that moves it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import settled
from tests.browser.server import Dashboard

PLOT = ".st-key-accuracy .js-plotly-plot"


def open_race(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    page.get_by_text("Recorded example.", exact=True).wait_for()
    page.locator(f"{PLOT} .legendtoggle").first.wait_for(state="attached")
    page.locator(".clock").wait_for()


FIRST_VISIT = "localStorage.clear()"
"""Run before the page's own scripts, it makes each opening of the page a first visit."""


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).first.bounding_box()
    assert found
    x, y, width, height = found["x"], found["y"], found["width"], found["height"]
    return {"x": x, "y": y, "height": height, "bottom": y + height, "right": x + width}


def fills_its_place(page: Page) -> None:
    """Waits until the plot is drawn as high as its place in the page is."""
    page.wait_for_function(
        """plot => {
            const height = element => element.getBoundingClientRect().height;
            const place = document.querySelector(plot);
            return Math.abs(height(place.querySelector(".main-svg")) - height(place)) <= 1;
        }""",
        arg=PLOT,
    )


@pytest.mark.parametrize(("width", "height", "least"), [(1366, 768, 400), (1280, 720, 360)])
def test_the_whole_main_plot_is_on_the_first_screen(
    page: Page, dashboard: Dashboard, width: int, height: int, least: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.add_init_script(FIRST_VISIT)
    open_race(page, dashboard)
    page.locator(".ways-in").wait_for()
    page.wait_for_function(
        f"document.querySelector('{PLOT}').getBoundingClientRect().bottom <= {height}"
    )
    assert box(page, PLOT)["height"] >= least
    assert not page.get_by_test_id("stTopNavSection").count(), "no page is hidden behind more"
    links = page.get_by_test_id("stTopNavLink")
    assert [links.nth(place).is_visible() for place in range(links.count())] == [True] * 9
    svg = box(page, f"{PLOT} .main-svg")
    assert svg["height"] == pytest.approx(box(page, PLOT)["height"], abs=1)
    train = box(page, ".st-key-train button")
    assert box(page, ".clock button")["y"] == pytest.approx(train["y"], abs=2), "side by side"
    for shown in ("h1, h2, h3", ".ways-in", ".st-key-presets", "[data-testid=memory-spans]"):
        assert box(page, shown)["bottom"] <= box(page, PLOT)["y"]


def test_the_plot_grows_with_the_window(page: Page, dashboard: Dashboard) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    open_race(page, dashboard)
    fills_its_place(page)
    before = box(page, PLOT)["height"]
    page.set_viewport_size({"width": 1366, "height": 968})
    page.wait_for_function(
        f"document.querySelector('{PLOT}').getBoundingClientRect().height >= {before} + 190"
    )
    fills_its_place(page)


def test_on_a_phone_the_plot_begins_early_and_has_no_toolbar(
    browser: Browser, dashboard: Dashboard
) -> None:
    viewport = ViewportSize(width=390, height=844)
    with browser.new_context(
        viewport=viewport, has_touch=True, is_mobile=True, device_scale_factor=1
    ) as phone:
        page = phone.new_page()
        open_race(page, dashboard)
        page.locator(f"{PLOT} .legendtoggle").first.wait_for()
        assert box(page, ".ways-in")["right"] <= 390
        assert box(page, PLOT)["y"] < 500
        assert not page.locator(".modebar-btn").count()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        clock = box(page, ".clock")
        assert clock["right"] <= 390
        guess = page.get_by_role("button", name="Guess first").bounding_box()
        assert guess
        assert guess["y"] >= clock["bottom"] or guess["x"] >= clock["right"]
        page.get_by_role("button", name="Measure").click()
        sidebar = page.get_by_test_id("stSidebar")
        expect(sidebar.get_by_text("Task", exact=True)).to_be_in_viewport()
        expect(sidebar.get_by_text("press Train")).to_be_in_viewport()
        sidebar.get_by_role("link", name="Your memory").tap()
        page.get_by_role("heading", name="How far back do you remember?").wait_for()
        expect(sidebar).not_to_be_in_viewport()


def test_a_first_visit_is_shown_ways_in_until_the_page_is_left(
    browser: Browser, dashboard: Dashboard
) -> None:
    with browser.new_context(viewport=ViewportSize(width=1280, height=720)) as visit:
        page = visit.new_page()
        open_race(page, dashboard)
        height = box(page, PLOT)["height"]
        page.get_by_role("button", name="Watch the race").click()
        expect(page.locator(".clock button")).to_have_text("❚❚ Pause")
        expect(page.locator(".ways-in")).to_be_visible()
        assert box(page, PLOT)["height"] == height, "what is pressed does not move"
        page.reload()
        page.locator(".clock").wait_for()
        settled(page)
        assert not page.locator(".ways-in").count(), "this is no first visit"
        page.evaluate(FIRST_VISIT)
        page.reload()
        page.get_by_role("link", name="Explore step by step").click()
        page.get_by_role("heading", name="How much of the gradient").wait_for()
        page.go_back()
        page.locator(".clock").wait_for()
        settled(page)
        assert not page.locator(".ways-in").count()


def test_the_toolbar_lies_over_nothing_and_sends_nothing(page: Page, dashboard: Dashboard) -> None:
    open_race(page, dashboard)
    for chart in ("accuracy", "profile", "learning", "norm"):
        plot = page.locator(f".st-key-{chart} .js-plotly-plot")
        plot.scroll_into_view_if_needed()
        plot.hover()
        toolbar = box(page, f".st-key-{chart} .modebar")
        assert toolbar["height"] > 10
        words = page.eval_on_selector_all(
            f".st-key-{chart} :is(.legend, .xtitle, .ytitle, .annotation, .nsewdrag, "
            "[data-testid=stPopoverButton])",
            "all => all.map(one => one.getBoundingClientRect().toJSON())",
        )
        assert words
        for one in words:
            apart = (
                one["right"] <= toolbar["x"]
                or one["left"] >= toolbar["right"]
                or one["bottom"] <= toolbar["y"]
                or one["top"] >= toolbar["bottom"]
            )
            assert apart, (chart, one, toolbar)
    titles = page.eval_on_selector_all(".modebar-btn", "all => all.map(b => b.dataset.title)")
    assert titles
    assert not [title for title in titles if "Share" in title or "edit" in title.lower()]


def moment(page: Page) -> dict[str, Any]:
    """What the page shows of the training."""
    found: dict[str, Any] = page.evaluate(
        """() => {
            const plot = key => document.querySelector(`.st-key-${key} .js-plotly-plot`);
            const lines = key => JSON.stringify(plot(key).data.map(one => Array.from(one.y ?? [])));
            return {
                step: document.querySelector('.clock output').textContent,
                spans: document.querySelector('[data-testid=memory-spans]').textContent,
                accuracy: lines('accuracy'),
                profile: lines('profile'),
                learning: plot('learning').layout.shapes?.map(shape => shape.x0) ?? [],
            };
        }"""
    )
    return found


def test_one_clock_moves_the_plot_the_spans_and_the_pictures_below(
    page: Page, dashboard: Dashboard
) -> None:
    open_race(page, dashboard)
    page.locator(".st-key-norm .js-plotly-plot .legendtoggle").first.wait_for(state="attached")
    end = moment(page)
    assert end["step"] == "step 400"
    page.keyboard.press("Space")
    expect(page.locator(".clock button")).to_have_text("❚❚ Pause")
    page.wait_for_function("document.querySelector('.clock output').textContent !== 'step 400'")
    page.keyboard.press("Space")
    expect(page.locator(".clock button")).to_have_text("▶ Play")
    slider = page.get_by_role("slider", name="Training step")
    slider.focus()
    slider.press("Home")
    page.wait_for_function(
        "document.querySelector('.st-key-learning .js-plotly-plot').layout.shapes?.[0]?.x0 === 0"
    )
    start = moment(page)
    assert start["step"] == "step 0"
    for shown in ("spans", "accuracy", "profile"):
        assert start[shown] != end[shown], shown
    slider.press("End")
    page.wait_for_function(
        "!document.querySelector('.st-key-learning .js-plotly-plot').layout.shapes?.length"
    )
    again = moment(page)
    # A frame of the profile has fewer points than the figure.
    assert {**again, "profile": ""} == {**end, "profile": ""}
    assert again["profile"] != start["profile"]
