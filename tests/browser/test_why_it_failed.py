"""A press on a point where a cell failed opens why."""

from __future__ import annotations

import time
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.conftest import Recorder, press, settled
from tests.browser.server import Dashboard
from tests.browser.test_first_screen import open_race
from tests.browser.test_history import steps, wait_for_address
from tests.browser.test_race import SMALL, train

POINT = """([cell, length]) => {
    const plot = document.querySelector(".st-key-accuracy .js-plotly-plot");
    const {data, _fullLayout: {xaxis, yaxis}} = plot;
    const place = plot.getBoundingClientRect();
    const line = data.find((one) => one.uid === `${cell}_47mean`);
    const at = line.customdata.findIndex(([own]) => own === length);
    return [
        place.x + xaxis._offset + xaxis.d2p(line.x[at]),
        place.y + yaxis._offset + yaxis.d2p(line.y[at]),
    ];
}"""
"""Where in the window a cell's mean at a length stands."""


def test_a_press_on_a_failed_point_opens_why_at_once(
    page: Page, dashboard: Dashboard, record_property: Recorder
) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    open_race(page, dashboard)
    settled(page)
    before = steps(page)
    expect(page.locator(".st-key-accuracy .legend")).to_contain_text("press a point to see why")
    x, y = page.evaluate(POINT, ["rnn", 200])
    page.mouse.move(x, y, steps=5)
    page.get_by_text("press for why").wait_for()
    expect(page.locator(".st-key-accuracy .nsewdrag").first).to_have_css("cursor", "pointer")
    pressed = time.monotonic()
    page.mouse.click(x, y)
    answer = page.locator(".st-key-failure h2")
    answer.wait_for()
    seconds = time.monotonic() - pressed
    record_property("milliseconds from a press on a point to why it failed", [1000 * seconds])
    expect(answer).to_contain_text("at T = 200?")
    expect(answer).to_be_in_viewport()
    wait_for_address(page, "why=")
    assert steps(page) == before + 1
    page.go_back()
    expect(answer).to_have_count(0)


def test_back_at_what_failed_the_sidebar_is_back_as_well(page: Page, dashboard: Dashboard) -> None:
    settings = {**SMALL, "cells": "lstm", "lengths": 50, "steps": 20}
    page.goto(f"{dashboard.url}/?{urlencode(settings, doseq=True)}")
    press(train(page))
    page.get_by_text("finished.").wait_for()
    settled(page)
    page.goto(f"{page.url}&why=lstm,50")
    press(page.get_by_role("button", name="Try it"))
    page.get_by_text("More of it is below the plot.").wait_for()
    cells = page.get_by_test_id("stSidebar").get_by_test_id("stMultiSelect").first
    expect(cells).to_contain_text("LSTM, chrono bias")
    press(page.get_by_role("button", name="Back to what failed"))
    expect(page.locator(".st-key-failure")).to_contain_text("in the run that failed.")
    expect(cells).not_to_contain_text("LSTM, chrono bias")
    expect(cells).to_contain_text("LSTM")
