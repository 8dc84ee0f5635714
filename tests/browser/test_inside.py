"""What a visitor sees of the page "Inside the cell", in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from models.diagnostics.inside.gate_trace import gate_trace
from models.diagnostics.inside.trained_model import TrainedModel
from models.experiment import Experiment
from models.experiment.partition import ModelKey
from models.store import Store
from tests.browser.conftest import Recorder, press, settled
from tests.browser.server import Dashboard
from tests.browser.test_gradient_flow import wait_for_chart
from tests.recorded import finished

TINY = Experiment(
    cells=("lstm:bias=chrono", "gru"),
    lengths=(12,),
    seeds=1,
    steps=2,
    hidden_size=6,
    batch_size=4,
    held_out=8,
    device="cpu",
)
LONG = replace(TINY, cells=("lstm:bias=chrono",), lengths=(100,), hidden_size=32)
"""All values of four gates, 32 units and 100 steps."""
NUMBER = r"\(?(−?\d\.\d{3})\)?"


def test_look_into_a_run_operate_and_take_home(
    page: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    page.goto(f"{dashboard.url}/inside_the_cell?run={finished(Store(dashboard.store_url), TINY)}")
    wait_for_chart(page, "inside_map")
    lines = wait_for_chart(page, "inside_lines")
    wait_for_chart(page, "inside_diagram")
    wait_for_chart(page, "inside_probe")
    wait_for_chart(page, "inside_ablation")
    assert ends_of_the_time_axis(page, "inside_map") == ends_of_the_time_axis(page, "inside_lines")
    page.get_by_text("Mean of many", exact=True).click()
    wait_for_chart(page, "inside_lines", other_than=lines)
    page.get_by_role("button", name="Swap the memories of two sequences").click()
    wait_for_chart(page, "inside_operated")
    page.get_by_text("answers for the other sequence").wait_for()
    for name in ("gates.csv", "ablation.csv"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        download.value.save_as(tmp_path / name)
        assert {"task", "cell", "gate"} <= set(pd.read_csv(tmp_path / name))
    assert page.get_by_test_id("stException").count() == 0


def test_a_click_on_the_heat_map_moves_equation_and_diagram(
    page: Page, dashboard: Dashboard
) -> None:
    store = Store(dashboard.store_url)
    run = finished(store, LONG)
    page.goto(f"{dashboard.url}/inside_the_cell?run={run}")
    for chart in ("inside_map", "inside_lines", "inside_diagram"):
        wait_for_chart(page, chart)
    page.locator(".gate-player").wait_for()
    settled(page)
    unit = click_at(page, row=4, step=61)
    address = re.compile(rf"unit={unit}&t=61|t=61&unit={unit}")
    page.wait_for_url(address)
    page.wait_for_function(f"({SHOWN})('inside_diagram').includes('t = 61')")
    trace = values_of(store, run)
    now = {name: values[60, unit - 1] for name, values in trace.items()}
    before = trace["c"][59, unit - 1]
    equation = page.locator(".gate-player .equation").inner_text()
    numbers = [float(one.replace("−", "-")) for one in re.findall(NUMBER, equation)]
    f, old, i, g, c, o, same, h = numbers
    expected = [now["f"], before, now["i"], now["g"], now["c"], now["o"], now["c"], now["h"]]
    assert [f, old, i, g, c, o, same, h] == pytest.approx(expected, abs=1.1e-3)
    diagram = page.evaluate(f"({SHOWN})('inside_diagram')")
    for name in "figoch":
        told = re.search(rf"\b{name}t? = (−?\d+\.\d\d)", diagram)
        assert told, diagram
        assert float(told[1].replace("−", "-")) == pytest.approx(now[name], abs=1.1e-2)
    expect(page.locator(".gate-player .words")).to_contain_text(re.compile(rf"\bunit {unit}\b"))
    page.reload()
    expect(page.locator(".gate-player output")).to_contain_text("t = 61")
    expect(page.locator(".gate-player select")).to_have_value(str(unit))


def test_keys_and_play_walk_without_a_wait(
    page: Page, dashboard: Dashboard, asked: list[object], record_property: Recorder
) -> None:
    page.goto(f"{dashboard.url}/inside_the_cell?run={finished(Store(dashboard.store_url), LONG)}")
    wait_for_chart(page, "inside_diagram")
    settled(page)
    output = page.locator(".gate-player output")
    page.locator("h1").click()
    first = step(page)
    before = len(asked)
    took = [page.evaluate(KEY, ["ArrowRight", f"t = {first + n}"]) for n in range(1, 6)]
    record_property("milliseconds from a key to diagram and equation", took)
    assert len(asked) == before
    page.keyboard.press("ArrowLeft")
    expect(output).to_contain_text(f"t = {first + 4}")
    page.keyboard.press("Space")
    expect(output).to_contain_text(f"t = {first + 6}")
    page.keyboard.press("Space")
    stopped = step(page)
    page.wait_for_timeout(800)
    assert step(page) == stopped
    words = page.locator(".gate-player .words").inner_text()
    page.locator(".st-key-inside_map .live-chart").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(output).to_contain_text(f"t = {stopped + 2}")
    expect(page.locator(".gate-player .words")).not_to_have_text(words)
    unit = page.locator(".gate-player select").input_value()
    x, y, other = place_of(page, page.evaluate(BELOW_0, [stopped, int(unit)]), stopped)
    page.mouse.move(x, y)
    hover = page.locator(".st-key-inside_map .hoverlayer")
    expect(hover).to_contain_text(f"unit {other}")
    expect(hover).to_contain_text("= −")
    expect(page.locator(".gate-player .words")).to_contain_text(re.compile(rf"\bunit {unit}\b"))
    place = f"unit={unit}&t={step(page)}"
    press(page.get_by_role("button", name="Present"))
    page.wait_for_url(f"**present=yes&{place}")
    press(page.get_by_role("button", name="QR code for the class"))
    expect(page.locator(".qr-address")).to_contain_text(place)
    page.wait_for_url(f"**{place}")


BELOW_0 = """([step, unit]) => {
    const plot = document.querySelector(".st-key-inside_map .js-plotly-plot");
    const { x, z } = plot.data.at(-1);
    const { order } = plot.layout.meta;
    return z.findIndex((row, at) => row[x.indexOf(step)] < -0.01 && order[at] !== unit);
}"""
"""A row of the lowest heat map, of another unit than this one, whose value is below 0 at a step."""
SHOWN = """key => document.querySelector(`.st-key-${key} .live-chart`).ariaLabel"""
"""What a chart shows, in words."""
KEY = """async ([key, wanted]) => {
    const label = () => document.querySelector(".st-key-inside_diagram .live-chart").ariaLabel;
    const equation = document.querySelector(".gate-player .equation");
    const begun = performance.now();
    const before = equation.innerHTML;
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    while (!label().includes(wanted) || equation.innerHTML === before) {
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - begun;
}"""
"""Presses a key, and measures how long it takes until diagram and equation are at this step."""


def step(page: Page) -> int:
    found = re.search(r"t = (\d+)", page.locator(".gate-player output").inner_text())
    assert found
    return int(found[1])


def click_at(page: Page, row: int, step: int) -> int:
    """Clicks on a cell of the lowest heat map; returns the unit whose row it is."""
    x, y, unit = place_of(page, row, step)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    return int(unit)


def place_of(page: Page, row: int, step: int) -> tuple[float, float, int]:
    """Where in the window a cell of the lowest heat map is, and the unit whose row it is."""
    x, y, unit = page.evaluate(
        """([row, step]) => {
            const plot = document.querySelector(".st-key-inside_map .js-plotly-plot");
            plot.scrollIntoView({ block: "end" });
            const { xaxis, yaxis5, _size } = plot._fullLayout;
            const { left, top } = plot.getBoundingClientRect();
            const x = left + xaxis._offset + xaxis.d2p(step);
            return [x, top + yaxis5._offset + yaxis5.d2p(row), plot.layout.meta.order[row]];
        }""",
        [row, step],
    )
    return x, y, int(unit)


def values_of(store: Store, run: str) -> dict[str, Any]:
    """Gates and states along the first held-out sequence, (T, H) each."""
    (cell,), (length,), (rate,) = LONG.cells, LONG.lengths, LONG.learning_rate
    parameters = store.parameters(run, cell, length, 0, rate)
    model = TrainedModel(LONG, cell, ModelKey(length, 0, rate), parameters)
    return dict(gate_trace(model, model.held_out(256), 0).values)


def ends_of_the_time_axis(page: Page, chart: str) -> list[int]:
    """From where to where it goes, in pixels of the page."""
    ends: list[int] = page.evaluate(
        """key => {
            const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
            const axis = plot._fullLayout.xaxis;
            const left = plot.getBoundingClientRect().left + axis._offset;
            return [left, left + axis._length].map(Math.round);
        }""",
        chart,
    )
    return ends
