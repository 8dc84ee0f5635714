"""What a visitor sees of the Gradient flow page, in a real browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
from playwright.sync_api import Page

from models.analysis.schema import TABLES
from models.store import Store
from models.stories import STORIES
from tests.browser.conftest import press
from tests.browser.server import Dashboard
from tests.browser.test_race import SMALL, train, wait_for_points

SETTINGS = {**SMALL, "cells": ["rnn", "lstm", "gru:bias=chrono"]}


def drawn(page: Page, chart: str) -> str:
    """What stands in a chart, as text; empty until it is there."""
    text: str = page.evaluate(
        """key => {
            const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
            return plot?.data ? JSON.stringify(plot.data.map(one => Array.from(one.y ?? []))) : "";
        }""",
        chart,
    )
    return text


def wait_for_chart(page: Page, chart: str, other_than: str = "") -> str:
    page.wait_for_function(
        """([key, before]) => {
            const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
            const text = plot?.data
                ? JSON.stringify(plot.data.map(one => Array.from(one.y ?? []))) : "";
            return text && text !== before;
        }""",
        arg=[chart, other_than],
    )
    return drawn(page, chart)


def test_initialisation_answers_a_knob_and_a_story_opens(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/gradient_flow?{urlencode(SETTINGS, doseq=True)}")
    before = wait_for_chart(page, "initial_h")
    page.get_by_role("spinbutton", name="Seeds").wait_for()
    page.get_by_text("both paths", exact=True).click()
    wait_for_chart(page, "initial_c")
    page.get_by_role("button", name="The spectral radius", exact=True).click()
    page.get_by_text("The smaller the radius").wait_for()
    wait_for_chart(page, "initial_h", other_than=before)
    page.get_by_text("Does the gradient at initialisation predict the memory span?").wait_for()
    wait_for_chart(page, "predicted")
    assert page.get_by_test_id("stException").count() == 0


def test_train_watch_the_heat_map_grow_stop_and_take_home(
    page: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    page.goto(f"{dashboard.url}/gradient_flow?{urlencode(SETTINGS, doseq=True)}")
    wait_for_chart(page, "initial_h")
    press(train(page))
    wait_for_chart(page, "heat_map_h")
    wait_for_points(page, "learning", least=3)
    early = drawn(page, "heat_map_h")
    wait_for_chart(page, "heat_map_h", other_than=early)
    main = page.get_by_test_id("stMainBlockContainer")
    press(main.get_by_role("button", name="Stop", exact=True))
    page.get_by_text("was stopped after").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="diagnostics.csv", exact=True).click()
    download.value.save_as(tmp_path / "diagnostics.csv")
    shown = pd.read_csv(tmp_path / "diagnostics.csv")
    assert tuple(shown.columns) == TABLES["diagnostics"]
    run = page.evaluate("new URLSearchParams(location.search).get('run')")
    stored, _ = Store(dashboard.store_url).read(run, "diagnostics")
    assert len(shown) == len(stored)
    assert {"spectral_radius", "lyapunov_exponent", "half_life_c"} <= set(shown["diagnostic"])
    assert page.get_by_test_id("stException").count() == 0


def test_settings_go_along_from_page_to_page(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/?{urlencode({**SETTINGS, 'held_out': 77}, doseq=True)}")
    train(page).wait_for()
    page.get_by_role("link", name="Gradient flow").click()
    wait_for_chart(page, "initial_h")
    page.wait_for_url("**/gradient_flow?*held_out=77*")
    page.get_by_role("link", name="Race").click()
    page.wait_for_url("**/?*held_out=77*")


def test_a_visit_to_another_page_leaves_a_story_as_it_was(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/gradient_flow")
    press(page.get_by_role("button", name=STORIES["clipping"].title, exact=True))
    address = "**/gradient_flow?story=clipping&story_step=1"
    page.wait_for_url(address)
    press(page.get_by_test_id("stTopNavLink").filter(has_text="Lessons"))
    page.get_by_role("heading", name="Lessons").wait_for()
    press(page.get_by_test_id("stTopNavLink").filter(has_text="Gradient flow"))
    wait_for_chart(page, "heat_map_h")
    page.wait_for_url(address)
