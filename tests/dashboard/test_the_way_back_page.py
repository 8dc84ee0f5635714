"""The page "The way back": its controls, its address, and the walk that they set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.walk_player import as_data
from models.diagnostics.way_back.settings import CELLS, WalkSettings
from models.diagnostics.way_back.walk import walk
from tests.dashboard import pages


@pytest.fixture
def way_back() -> AppTest:
    return pages.app("the_way_back.py")


def shown(page: AppTest) -> dict[str, Any]:
    """What the browser is given to play."""
    assert not page.exception
    (data,) = [json.loads(one.proto.json) for one in page.main.get("bidi_component")]
    found: dict[str, Any] = data
    return found


def as_json(settings: WalkSettings) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(as_data(walk(settings))))
    return data


def address(page: AppTest) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else value[0]
        for name, value in page.query_params.items()
    }


def test_it_opens_on_a_walk(way_back: AppTest) -> None:
    page = way_back.run()
    assert shown(page) == as_json(WalkSettings())
    assert address(page) == {}
    assert "Forget-gate bias" not in [slider.label for slider in page.slider]


@pytest.mark.parametrize("cell", CELLS)
def test_controls_change_the_walk_and_the_address(way_back: AppTest, cell: str) -> None:
    page = way_back.run()
    page.segmented_control(key="walk_cell").set_value(cell).run()
    page.slider(key="walk_weight").set_value(-1.2)
    page.slider(key="walk_length").set_value(8)
    page.number_input(key="walk_seed").set_value(4).run()
    assert shown(page) == as_json(WalkSettings(cell, -1.2, 1.0, 8, 4))
    given = {} if cell == "rnn" else {"cell": cell}
    assert address(page) == {**given, "weight": "-1.2", "length": "8", "seed": "4"}


def test_the_address_opens_the_same_walk_again(way_back: AppTest) -> None:
    for name, value in {"cell": "lstm", "forget_bias": "3.0", "length": "7"}.items():
        way_back.query_params[name] = value
    page = way_back.run()
    assert shown(page) == as_json(WalkSettings("lstm", forget_bias=3.0, length=7))
    assert not page.warning
    assert page.slider(key="walk_forget_bias").value == 3.0


def test_what_cannot_be_used_in_the_address_is_said(way_back: AppTest) -> None:
    for name, value in {"weight": "9", "length": "x", "colour": "red"}.items():
        way_back.query_params[name] = value
    page = way_back.run()
    assert shown(page) == as_json(WalkSettings())
    said = "\n".join(pages.warnings(page))
    for part in ("weight=9", "length=x", "colour"):
        assert part in said
