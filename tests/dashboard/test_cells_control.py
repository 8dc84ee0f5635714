"""The sidebar's cells: named as people name them, built in a form, marked where they are bad."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures.style import cell_style
from dashboard.sidebar.cells import BAD as BAD_COLOR
from models.experiment import Experiment
from tests.dashboard import pages

BAD = "lstm:memory=long"


def html(page: AppTest) -> str:
    return "".join(one.proto.body for one in page.get("html"))


def chips(page: AppTest) -> list[str]:
    """The colours of the chosen cells' chips."""
    found: list[str] = re.findall(r"st-key-cells [^{]*{border: 2px solid (#\w+)", html(page))
    return found


@pytest.fixture
def race() -> AppTest:
    return pages.app()


def test_cells_and_tasks_are_offered_by_their_names(race: AppTest) -> None:
    page = race.run()
    offered = page.multiselect(key="cells").options
    assert {"LSTM", "LSTM, chrono bias", "RNN, ReLU"} <= set(offered)
    assert not [text for text in offered if "=" in text]
    assert "Temporal order" in page.selectbox(key="task").options


def test_a_cell_is_built_from_options_by_their_names(race: AppTest) -> None:
    page = race.run()
    page.segmented_control(key="built_cell").set_value("lstm").run()
    page.selectbox(key="built_lstm_bias").set_value("0").run()
    assert not page.exception
    assert "LSTM, bias 0</span>" in html(page)
    page.button(key="built_add").click().run()
    assert pages.experiment(page).cells == (*Experiment().cells, "lstm:bias=0")
    assert page.button(key="built_add").disabled


def test_a_bad_entry_is_marked_and_the_page_stays(race: AppTest) -> None:
    page = race.run()
    before = pages.experiment(page)
    page.multiselect(key="cells").set_value([*before.cells, BAD]).run()
    assert not page.exception
    (error,) = [error.value for error in page.sidebar.error]
    assert "has no option" in error
    assert chips(page) == [*(cell_style(cell).color for cell in before.cells), BAD_COLOR]
    assert page.button(key="train").disabled
    assert pages.experiment(page) == before
    assert pages.figures(page)
    page.multiselect(key="cells").set_value(list(before.cells)).run()
    assert not page.sidebar.error
    assert not page.button(key="train").disabled
