"""A Plotly chart that is updated in place.

``st.plotly_chart`` (Streamlit 1.67) builds a chart anew whenever its figure changes: it flickers,
and zoom and legend choices are lost (streamlit issue 5107). This component keeps the chart and
hands it the new figure, so that Plotly's ``uirevision`` does what it is for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v1 import declare_component
from streamlit.delta_generator import DeltaGenerator

from dashboard.figures.alternative import in_words
from dashboard.session.lecture import presents
from dashboard.session.public_page import VERSION
from dashboard.session.session_state import Key

LOADER, *PARTS = (
    Path(__file__).with_name(name).read_text()
    for name in ("load_plotly.js", "large_type.js", "level_names.js", "live_chart.js")
)

# Serves the plotly.js that the plotly package brings: nothing is fetched from elsewhere.
_package = declare_component("plotlyjs", path=str(Path(plotly.__file__).parent / "package_data"))
# Its address changes with its content, so that a browser may keep it: see public_page.
SCRIPT = f"component/{_package.name}/plotly.min.js?{VERSION}={plotly.__version__}"

SOURCE = "".join((LOADER, *PARTS))
_mount = st.components.v2.component("live_chart", js=SOURCE, isolate_styles=False)

LOADS_EARLY = f"{LOADER}window.fetchPlotly({json.dumps(SCRIPT)});"
"""A script that makes a page fetch plotly.js before its first figure has come."""


def as_json(figure: go.Figure, finding: str = "") -> str:
    """The figure as the JSON text that ``live_chart`` takes.

    What it shows stands in it in words as well, after the ``finding``, if any: the browser gives
    them to those who do not see the figure. One that moves has ``meta.words`` of its own.
    """
    meta = {"words": in_words(figure), **(figure.layout.meta or {})}
    words = " ".join(filter(None, (finding, meta["words"])))
    figure.update_layout(meta={**meta, "words": words})
    # A trace is known by its uid, from one figure to the next.
    text: str = figure.to_json(remove_uids=False)
    return text


def live_chart(
    figure: str,
    key: str,
    config: Mapping[str, object] | None = None,
    *,
    fills: bool = False,
    pressed: Callable[[str], None] | None = None,
) -> DeltaGenerator:
    """Draws a figure, given as JSON; the same ``key`` updates the same chart.

    Returns the container in which it stands.

    ``config`` is Plotly's. A figure that ``fills`` is the first on its page and as high as the
    window has room for; nine tenths of its own height are the least. In lecture mode its type is
    large. ``pressed`` is called, before the page is drawn again, with the text of a point that was
    pressed: that which the trace's ``meta["pressed"]`` has for the first of its ``customdata``.
    """
    data = {
        "figure": figure,
        "script": SCRIPT,
        "config": dict(config or {}),
        "fills": fills,
        "presented": presents(),
    }
    place = st.container(key=key)
    with place:
        if pressed is None:
            _mount(key=f"{key}_chart", data=data)
        else:
            chart = Key[Mapping[str, str]](f"{key}_chart")
            call = pressed
            _mount(
                key=chart.name,
                data=data,
                on_pressed_change=lambda: call(chart.get({}).get("pressed") or ""),
            )
    return place
