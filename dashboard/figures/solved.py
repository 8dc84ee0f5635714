"""The rows beneath the main picture: how many seeds solved the task, by cell and length."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import SMALL, LengthAxis, Trace
from dashboard.figures.style import cell_style, translucent

ROW = 21
"""Height of one cell's row, pixels."""
GAP = 12
MARGINS = 70
"""About what legend, ticks and titles take of a figure's height."""


def add_solved_axis(figure: go.Figure, rows: int, height: int) -> None:
    """Make room for ``rows`` rows below a plot that is ``height`` pixels high without them."""
    inner = height - MARGINS + ROW * rows
    share = ROW * rows / inner
    if not rows:
        return
    figure.update_layout(
        xaxis={"anchor": "y2"},
        yaxis={"domain": [share + GAP / inner, 1]},
        yaxis2={
            "domain": [0, share],
            "range": [rows - 0.5, -0.5],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
            "tickvals": [(rows - 1) / 2],
            "ticktext": ["solved"],
            "ticks": "",
        },
    )


def solved_trace(cell: str, means: pd.DataFrame, row: int, axis: LengthAxis) -> Trace:
    """One cell's row: "2/3" at each length, the more solved the stronger the colour.

    ``means`` are the cell's rows of ``summarise``. Texts that would touch are left to the hover.
    """
    style = cell_style(cell)
    shown = axis.spaced()
    return {
        "type": "scatter",
        "uid": f"{cell}/solved",
        "legendgroup": cell,
        "showlegend": False,
        "yaxis": "y2",
        "x": means["length"].tolist(),
        "y": [row] * len(means),
        "mode": "markers+text",
        "marker": {
            "symbol": "square",
            "size": ROW - 3,
            "color": [_fill(style.color, place) for _, place in means.iterrows()],
        },
        "text": [_count(place, shown) for _, place in means.iterrows()],
        "textfont": {"size": SMALL},
        "cliponaxis": False,
        "hovertext": [_told(style.label, place) for _, place in means.iterrows()],
        "hoverinfo": "text",
    }


def _count(place: pd.Series, shown: set[int]) -> str:
    if place["length"] not in shown:
        return ""
    text = f"{place['solved']}/{place['seeds']}"
    # White on the cell's own colour; on a translucent one, the theme's colour.
    return f'<span style="color:#fff">{text}</span>' if _all(place) else text


def _fill(color: str, place: pd.Series) -> str:
    share = place["solved"] / place["seeds"]
    return color if _all(place) else translucent(color, 0.06 + 0.14 * share)


def _all(place: pd.Series) -> bool:
    return bool(place["solved"] == place["seeds"])


def _told(label: str, place: pd.Series) -> str:
    text = (
        f"{label} · T = {place['length']} · solved by {place['solved']} of {place['seeds']} seeds"
        f"<br>95 % interval {place['solved_low']:.0%} to {place['solved_high']:.0%}"
    )
    if place["diverged"]:
        text += f"<br>{place['diverged']} diverged"
    return text
