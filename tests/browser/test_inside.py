"""What a visitor sees of the page "Inside the cell", in a real browser."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from playwright.sync_api import Page

from models.experiment import Experiment
from models.store import Store
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
    page.get_by_text("Mean of many sequences", exact=True).click()
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
