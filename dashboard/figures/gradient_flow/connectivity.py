"""How much an answer depends on each input of one sequence (Madsen, Distill 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures.layout import (
    AXIS,
    GREY,
    SIZES,
    Trace,
    new_figure,
    numbers,
    step_ticks,
    titled,
)
from dashboard.figures.sequence import MARKED, fits
from models.analysis.words import number
from models.tasks.task import Example

HEIGHT = 230
STRONG = "#c07f00"
"""The bars of informative steps: the marks' hue, dark enough for a thin bar."""


def connectivity_strip(
    values: Sequence[float], symbols: Sequence[str], informative: Sequence[bool]
) -> go.Figure:
    """‖∂logit/∂x_t‖ as a bar for each step; informative steps are marked from top to bottom.

    The symbols are beneath the bars where they fit, and always in the hover text.
    """
    steps = list(range(1, len(values) + 1))
    figure = new_figure(
        f"connectivity/{len(steps)}",
        height=HEIGHT,
        xaxis={
            "title": "time step t",
            "range": [0.4, len(steps) + 0.6],
            "fixedrange": True,
            **_ticks(symbols, informative),
        },
        yaxis={"range": [0, 1], "visible": False, "fixedrange": True},
    )
    norm = {"title": "‖∂logit/∂x<sub>t</sub>‖", "nticks": 4}
    figure.update_layout(
        bargap=0 if len(steps) > 100 else 0.15,
        barmode="overlay",
        yaxis2={
            **AXIS,
            **SIZES,
            **titled(norm, 6),
            "overlaying": "y",
            "tickmode": "auto",
            "side": "left",
            "rangemode": "tozero",
        },
    )
    figure.add_traces([_marks(informative), _bars(values, symbols, informative)])
    return figure


def _ticks(symbols: Sequence[str], informative: Sequence[bool]) -> Trace:
    example = Example(tuple(symbols), tuple(informative), "")
    if symbols and fits(example):
        steps = list(range(1, len(symbols) + 1))
        return {"tickvals": steps, "ticktext": list(symbols), "tickangle": 0}
    return {"tickvals": step_ticks(len(symbols)) if symbols else []}


def _marks(informative: Sequence[bool]) -> Trace:
    """Marks behind the bars over the whole height: a bar of no height shows no colour."""
    steps = [t for t, matters in enumerate(informative, start=1) if matters]
    return {
        "type": "bar",
        "uid": "marks",
        "x": steps,
        "y": [1] * len(steps),
        "width": 1,
        "marker": {"color": MARKED, "opacity": 0.45, "line": {"width": 0}},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _bars(values: Sequence[float], symbols: Sequence[str], informative: Sequence[bool]) -> Trace:
    hover = [
        f"t = {t} · {symbol}{', matters' if matters else ''} · {number(value)}"
        for t, (value, symbol, matters) in enumerate(
            zip(values, symbols, informative, strict=True), start=1
        )
    ]
    return {
        "type": "bar",
        "uid": "connectivity",
        "name": "how much the answer depends on the step",
        "yaxis": "y2",
        "x": list(range(1, len(values) + 1)),
        "y": numbers(values),
        "marker": {
            "color": [STRONG if matters else GREY for matters in informative],
            "line": {"width": 0},
        },
        "hovertext": hover,
        "hoverinfo": "text",
        "showlegend": False,
    }
