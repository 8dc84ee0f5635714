"""A walk forward through time and back, which the browser plays by itself, frame by frame."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.figures.inside.gate_style import color, full_name
from dashboard.session.lecture import presents
from models.analysis.words import number, scientific
from models.diagnostics.way_back.frames import Column
from models.diagnostics.way_back.walk import Walk

PLACE = Path(__file__)
_mount = st.components.v2.component(
    "walk_player",
    js=PLACE.with_name("walk_picture.js").read_text() + PLACE.with_suffix(".js").read_text(),
    css=PLACE.with_suffix(".css").read_text(),
    isolate_styles=False,
)


def walk_player(walk: Walk) -> None:
    """Draws the walk; who looks at its end goes on looking there when it is another walk."""
    _mount(key="walk_player", data=as_data(walk))


def as_data(walk: Walk) -> dict[str, Any]:
    """The walk as the browser takes it: every number with its text."""
    states = list(walk.columns[0].states)
    return {
        "states": states,
        "names": {state: full_name(state) for state in states},
        "colors": {state: color(state) for state in states},
        "columns": [_column(column) for column in walk.columns],
        "loss": _shown(walk.loss),
        "presented": presents(),
        "left": walk.left,
        "frames": [asdict(frame) for frame in walk.frames],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "x": _shown(column.x),
        "states": {state: _shown(value) for state, value in column.states.items()},
        "gradients": {state: _shown(value) for state, value in column.gradients.items()},
        "arrows": [asdict(arrow) for arrow in column.arrows],
        "additive": None if column.additive is None else _shown(column.additive),
    }


def _shown(value: float) -> dict[str, float | str]:
    return {"value": value, "text": number(value), "short": _in_two_digits(value)}


def _in_two_digits(value: float) -> str:
    """A number for a narrow picture."""
    return f"{'−' if value < 0 else ''}{scientific(abs(value))}" if value else "0"
