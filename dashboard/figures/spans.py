"""The memory span of a person beside those of the cells."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import SMALL, Trace, new_figure, numbers
from dashboard.figures.style import cell_style
from models.analysis.memory_game import PERSON

ROW, AROUND = 32, 64
"""Height of a row, and of the axis beneath all of them, pixels."""
LETTER = 9
"""Room for each letter of the texts on the right, pixels."""
PERSON_COLOR = "#ad2795"
"""At least 3:1 in contrast on white and on dark, and no cell's."""
MARKS = {"": "circle", "<": "triangle-left", ">": "triangle-right"}
"""The mark of a span, and of one that is known to lie below or beyond."""
TICKS = [digit * 10**zeros for zeros in range(5) for digit in (1, 2, 5)]


def spans_side_by_side(spans: pd.DataFrame) -> go.Figure:
    """A row for each span of ``memory_spans``, on one axis; PERSON's is the first.

    A line is the interval, where it is known; on the right stands the span in words. Where every
    model of a cell has diverged, these are all there is.
    """
    person = spans["cell"] == PERSON
    rows = pd.concat([spans[person], spans[~person]], ignore_index=True)
    low, high = _ends(rows)
    places = list(range(len(rows)))[::-1]
    figure = new_figure(
        "spans",
        height=AROUND + ROW * len(rows),
        xaxis={
            "title": "memory span, steps",
            "type": "log",
            "range": [math.log10(low), math.log10(high)],
            "tickvals": [tick for tick in TICKS if low <= tick <= high],
            "tickangle": 0,
            "fixedrange": True,
        },
        yaxis={
            "range": [-0.6, len(rows) - 0.4],
            "tickvals": places,
            "ticktext": [_label(cell) for cell in rows["cell"]],
            "showgrid": False,
            "fixedrange": True,
        },
    )
    figure.update_layout(margin={"r": LETTER * max(map(len, rows["text"]), default=0)})
    figure.add_traces(
        [
            _whiskers(rows, places, low, high),
            _marks(rows, places, low),
            _texts(rows, places, high),
        ]
    )
    return figure


def _ends(rows: pd.DataFrame) -> tuple[float, float]:
    """The ends of the axis, beyond all spans."""
    known = rows["span"].dropna()
    return (known.min() / 2, known.max() * 1.3) if len(known) else (1, 100)


def _label(cell: str) -> str:
    return "<b>You</b>" if cell == PERSON else cell_style(cell).label


def _color(cell: str) -> str:
    return PERSON_COLOR if cell == PERSON else cell_style(cell).color


def _marks(rows: pd.DataFrame, places: list[int], low: float) -> Trace:
    return {
        "type": "scatter",
        "uid": "spans",
        "name": "memory span",
        "showlegend": False,
        "x": numbers(rows["span"].fillna(low)),
        "y": places,
        "mode": "markers",
        "marker": {
            "color": [_color(cell) for cell in rows["cell"]],
            "symbol": [MARKS[bound] for bound in rows["bound"]],
            "size": 12,
            "opacity": [float(known) for known in rows["span"].notna()],
        },
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _texts(rows: pd.DataFrame, places: list[int], high: float) -> Trace:
    """The spans in words, in a column at the right end."""
    return {
        "type": "scatter",
        "uid": "texts",
        "showlegend": False,
        "x": [high] * len(rows),
        "y": places,
        "mode": "text",
        "text": [f" {text}" for text in rows["text"]],
        "textposition": "middle right",
        "textfont": {"size": SMALL},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _whiskers(rows: pd.DataFrame, places: list[int], low: float, high: float) -> Trace:
    """The interval of each span, as far as the axis goes."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        if not math.isnan(row["low"]):
            x += [min(max(end, low), high) for end in (row["low"], row["high"])] + [None]
            y += [place, place, None]
    return {
        "type": "scatter",
        "uid": "intervals",
        "showlegend": False,
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": "rgba(128,132,149,0.6)", "width": 3},
        "hoverinfo": "skip",
    }
