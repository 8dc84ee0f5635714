"""The clock of a page: Play, Pause and a slider over training steps, which need no server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard.session.lecture import replays_from_the_start

PLACE = Path(__file__)
_mount = st.components.v2.component(
    "training_clock",
    js=PLACE.with_suffix(".js").read_text(),
    css=PLACE.with_suffix(".css").read_text(),
    isolate_styles=False,
)


def training_clock(source: str, steps: Sequence[int], rows: Sequence[str] = ()) -> None:
    """Draws the clock, which every chart over training and every chart with frames follows.

    ``source`` names the run: the clock of another one opens at its end, or at its start where the
    address says so. ``rows`` has the HTML of the row of memory spans at each of the ``steps``.
    """
    if len(steps) > 1:
        first = replays_from_the_start()
        data = {"source": source, "steps": list(steps), "rows": list(rows), "fromStart": first}
        _mount(key="training_clock", data=data)
