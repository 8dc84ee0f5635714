"""The button at a plot that downloads it for print, as it is shown."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.scheduling.app_resources import scheduler
from dashboard.session.session_state import ORIGIN
from models.publishing.figure_names import FORMATS, WIDTHS, Format, Width
from models.publishing.figures.sheet import NOWHERE, Origin

WIDTH_NAMES: dict[Width, str] = {
    "single": "column, 85 mm",
    "double": "page, 178 mm",
    "slide": "slide, 16:9",
}


def print_button(plot: str, key: str) -> None:
    """Draws the button of a plot, which is given as ``live_chart`` takes it."""
    popover = st.popover(
        "Download for print",
        key=f"print_{key}",
        icon=":material/print:",
        type="tertiary",
        on_change="rerun",
    )
    if not popover.open:
        return
    origin = ORIGIN.get(NOWHERE)
    with popover:
        width = st.radio(
            "Width", WIDTHS, format_func=WIDTH_NAMES.__getitem__, key=f"print_width_{key}"
        )
        row = st.container(horizontal=True)
        for kind in FORMATS:
            write = partial(_write, plot, origin, kind, width)
            download_button(kind.upper(), write, f"{key}.{kind}", f"print_{key}_{kind}", row)


def _write(plot: str, origin: Origin, kind: Format, width: Width, path: Path) -> None:
    """Has the plot drawn at its end, without the frames of a replay."""
    whole = json.loads(plot)
    shown = json.dumps({name: whole[name] for name in ("data", "layout")})
    scheduler().produce(
        "plot", plot=shown, path=str(path), origin=vars(origin), kind=kind, width=width
    )
