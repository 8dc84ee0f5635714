"""What a visitor sees of the Race page, in a real browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from playwright.sync_api import Locator, Page, expect

from models.analysis.schema import TABLES
from models.exchange.files import from_store
from models.store import Store
from models.store.run import short_id
from tests.browser.conftest import press, select_first_run
from tests.browser.server import Dashboard

CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru:bias=chrono": "GRU, chrono bias"}
SMALL = {
    "cells": list(CELLS),
    "lengths": [10, 15],
    "seeds": 1,
    "steps": 100_000,
    "evaluate_every": 10,
    "hidden_size": 8,
    "batch_size": 8,
    "held_out": 32,
    "device": "cpu",
}
"""Small, but it goes on until it is stopped."""


def open_small(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/?{urlencode(SMALL, doseq=True)}")
    train(page).wait_for()


def train(page: Page) -> Locator:
    return page.get_by_role("button", name="Train", exact=True)


def traces(page: Page, chart: str) -> list[dict[str, Any]]:
    """Of a Plotly chart as the browser holds it: name, x, whether hidden."""
    found: list[dict[str, Any]] = page.evaluate(
        """key => {
            const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
            return plot?.data ? plot.data.map(({name, x, visible, mode}) =>
                ({name, x: Array.from(x ?? []), visible: visible ?? true, mode})) : [];
        }""",
        chart,
    )
    return found


def wait_for_points(page: Page, chart: str, least: int) -> None:
    """Until every cell has a line with so many points."""
    page.wait_for_function(
        """([key, names, least]) => {
            const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
            return plot?.data && names.every(name => plot.data.some(trace =>
                trace.name === name && Array.from(trace.x ?? []).filter(x => x !== null)
                    .length >= least));
        }""",
        arg=[chart, list(CELLS.values()), least],
    )


def x_range(page: Page, chart: str) -> list[float]:
    found: list[float] = page.evaluate(
        "key => document.querySelector(`.st-key-${key} .js-plotly-plot`).layout.xaxis.range", chart
    )
    return found


def zoom_in(page: Page, chart: str) -> None:
    area = page.locator(f".st-key-{chart} .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=8)
    page.mouse.up()


def test_train_watch_stop_and_take_home(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    open_small(page, dashboard)
    press(train(page))
    wait_for_points(page, "accuracy", least=2)
    wait_for_points(page, "learning", least=3)

    before = x_range(page, "learning")
    zoom_in(page, "learning")
    zoomed = x_range(page, "learning")
    assert zoomed != before
    page.locator(".st-key-accuracy .legendtoggle").first.click()
    wait_until_hidden(page, "RNN")
    seen = max(len(trace["x"]) for trace in traces(page, "learning"))
    wait_for_points(page, "learning", least=seen + 2)
    assert x_range(page, "learning") == zoomed
    assert hidden(page) == {"RNN"}

    main = page.get_by_test_id("stMainBlockContainer")
    press(main.get_by_role("button", name="Stop", exact=True))
    page.get_by_text("was stopped after").wait_for()
    assert x_range(page, "learning") == zoomed
    assert hidden(page) == {"RNN"}
    expect(train(page)).to_be_enabled()

    with page.expect_download() as download:
        page.get_by_role("button", name="accuracy.csv", exact=True).click()
    download.value.save_as(tmp_path / "accuracy.csv")
    shown = pd.read_csv(tmp_path / "accuracy.csv")
    store = Store(dashboard.store_url)
    run = page.evaluate("new URLSearchParams(location.search).get('run')")
    stored = from_store(store, run).tables["accuracy"]
    assert tuple(shown.columns) == TABLES["accuracy"]
    expected = pd.read_csv(io.StringIO(stored.to_csv(index=False, float_format="%.6g")))
    pd.testing.assert_frame_equal(shown, expected)
    assert set(shown["cell"]) == set(CELLS)
    assert page.get_by_test_id("stException").count() == 0


def hidden(page: Page) -> set[str]:
    """The cells that are switched off in the legend of the accuracy plot."""
    shown = traces(page, "accuracy")
    return {trace["name"] for trace in shown if trace["visible"] == "legendonly"} - {None}


def wait_until_hidden(page: Page, name: str) -> None:
    # Plotly waits whether a click becomes a double click.
    page.wait_for_function(
        """name => document.querySelector('.st-key-accuracy .js-plotly-plot').data
            .some(trace => trace.name === name && trace.visible === 'legendonly')""",
        arg=name,
    )


def test_a_finished_run_is_opened_and_deleted_from_the_runs_page(
    page: Page, dashboard: Dashboard
) -> None:
    page.goto(f"{dashboard.url}/?{urlencode({**SMALL, 'steps': 20}, doseq=True)}")
    press(train(page))
    page.get_by_text("finished.").wait_for()
    run = page.evaluate("new URLSearchParams(location.search).get('run')")
    page.get_by_role("link", name="Runs").click()
    select_first_run(page)
    press(page.get_by_role("link", name="Open", exact=True))
    page.get_by_text(f"Run {short_id(run)} finished.").wait_for()
    page.get_by_role("link", name="Runs").click()
    select_first_run(page)
    press(page.get_by_role("button", name="Delete", exact=True))
    page.get_by_role("button", name="Undo").wait_for()
    assert not [one for one in Store(dashboard.store_url).runs() if one.id == run]


def test_a_recorded_run_plays_before_the_first_press_and_the_address_follows_the_controls(
    page: Page, dashboard: Dashboard
) -> None:
    page.goto(dashboard.url)
    page.get_by_text("Recorded example.", exact=True).wait_for()
    page.locator(".st-key-accuracy .legendtoggle").first.wait_for()
    grounds = page.eval_on_selector_all(
        ".st-key-accuracy .annotation rect.bg", "rects => rects.map(rect => rect.style.fillOpacity)"
    )
    assert grounds == ["0.6"] * 2, "labels stand on a translucent ground"
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.clock output').textContent !== 'step 400'")
    page.get_by_role("button", name="Pause").click()
    assert not [run for run in Store(dashboard.store_url).runs() if run.status == "running"]

    page.get_by_role("combobox", name="Symbols", exact=True).click()
    page.get_by_role("option", name="3", exact=True).click()
    page.wait_for_url("**/?*temporal_order_symbols=3*")
    page.get_by_role("button", name="Latch trap", exact=True).click()
    page.wait_for_url("**/?*task=recall*")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.get_by_text("The same run from the command line").click()
    command = page.locator("code").filter(has_text="--task").last
    expect(command).to_contain_text("recall")
