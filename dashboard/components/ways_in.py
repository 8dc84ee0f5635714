"""Three ways in from the first page, for a visitor who has not pressed anything yet."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

EXPLORE = "the_way_back"
"""The address of the page that explains."""

PLACE = Path(__file__)
_mount = st.components.v2.component(
    "ways_in",
    js=PLACE.with_suffix(".js").read_text(),
    css=PLACE.with_suffix(".css").read_text(),
    isolate_styles=False,
)


def ways_in(*, shown: bool) -> None:
    """Draws the row: watch the recorded run, explore a cell, measure with settings of one's own.

    The browser shows it on a first visit, until something was pressed and the page is left.
    ``shown`` is whether there is a recorded run to watch; without one the row keeps its place among
    the elements, and no more.
    """
    with st.container(key="ways_in"):
        _mount(key="ways_in_row", data={"explore": EXPLORE, "shown": shown})
