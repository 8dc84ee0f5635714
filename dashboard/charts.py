"""What was made of measurements once is kept, for everyone who looks at the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import plotly.graph_objects as go
import streamlit as st

from dashboard import turns
from dashboard.live_chart import as_json, live_chart

KEPT = 150
"""How many pictures and numbers."""
CONFIG = {"modeBarButtonsToRemove": ["lasso2d", "select2d"]}

T = TypeVar("T")


def chart(
    source: str, key: str, options: tuple[object, ...], figure: Callable[[], go.Figure]
) -> None:
    """Shows what ``figure`` draws of a source with these options, in the chart of this key."""
    live_chart(once(source, key, options, lambda: _drawn(figure)), key, CONFIG)


def _drawn(figure: Callable[[], go.Figure]) -> str:
    with turns.PICTURE:
        return as_json(figure())


@turns.left()
def once(source: str, what: str, options: tuple[object, ...], make: Callable[[], T]) -> T:
    """What ``make`` makes of a source with these options."""
    return _made(source, what, options, make)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _made(source: str, what: str, options: tuple[object, ...], _make: Callable[[], T]) -> T:
    return _make()
