"""The rows beneath the main picture: how many seeds solved the task, by cell and length."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures.layout import AT_THE_BOTTOM, SMALL, LengthAxis, Trace
from dashboard.figures.race.curves import Row
from dashboard.figures.style import behind_white, cell_style, translucent
from models.analysis.words import of_all

ROW = 18
"""Height of one cell's row, pixels."""
LETTER = 8
"""Width of a sign in a box, pixels."""
LENGTH_OF_LINE = 1.4
"""How long Plotly draws the symbol of a level line, as a multiple of its size."""
GAP = 8
"""Space between the plot and the rows, pixels."""
MARGINS = 95
"""About the height of legend, ticks and titles, pixels."""


def add_solved_axis(figure: go.Figure, rows: int, height: int) -> None:
    """Makes room for ``rows`` rows below a plot that is ``height`` pixels high without them."""
    inner = height - MARGINS + ROW * rows
    share = ROW * rows / inner
    if not rows:
        return
    figure.update_layout(
        xaxis=AT_THE_BOTTOM,
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


def solved_trace(cell: str, means: Sequence[Row], place: int, axis: LengthAxis) -> Trace:
    """One cell's row: "2/3" at each length, the more solved the stronger the colour.

    ``means`` are the cell's rows of ``summarise``. A text that would touch its neighbour
    stands in the hover text alone.
    """
    style = cell_style(cell)
    shown = axis.spaced()
    return {
        "type": "scatter",
        "uid": f"{cell}/solved",
        "legendgroup": cell,
        "showlegend": False,
        "yaxis": "y2",
        "x": [row["length"] for row in means],
        "y": [place] * len(means),
        "mode": "markers+text",
        # A short, thick line: a box as wide as the text in it, whatever its size.
        "marker": {
            "symbol": "line-ew",
            "size": _width(means) / LENGTH_OF_LINE,
            "line": {
                "color": [_fill(style.color, row) for row in means],
                "width": ROW - 1,
            },
        },
        "text": [_count(row, shown) for row in means],
        "textfont": {"size": SMALL},
        "cliponaxis": False,
        "customdata": [[row["length"]] for row in means],
        "hovertext": [_hover(style.label, row) for row in means],
        "hoverinfo": "text",
    }


def _count(row: Row, shown: set[int]) -> str:
    if row["length"] not in shown:
        return ""
    text = f"{row['solved']}/{row['seeds']}"
    # White on the cell's own colour; on a translucent one, the theme's colour.
    return f'<span style="color:#fff">{text}</span>' if _all(row) else text


def _width(means: Sequence[Row]) -> float:
    """The width of a box in which the longest text of a row has room, pixels."""
    return LETTER * max((len(f"{row['solved']}/{row['seeds']}") for row in means), default=0)


def _fill(color: str, row: Row) -> str:
    share = row["solved"] / row["seeds"]
    return behind_white(color) if _all(row) else translucent(color, 0.06 + 0.14 * share)


def _all(row: Row) -> bool:
    return bool(row["solved"] == row["seeds"])


def _hover(label: str, row: Row) -> str:
    text = (
        f"{label} · T = {row['length']} · solved by {of_all(row['solved'], row['seeds'], 'seed')}"
        f"<br>95% interval {row['solved_low']:.0%} to {row['solved_high']:.0%}"
    )
    if row["diverged"]:
        text += f"<br>{row['diverged']} diverged"
    return text
