"""Which time steps a truncated gradient reaches: a small picture beside the setting."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.figures.layout import GREY, Trace, new_figure, step_ticks
from dashboard.figures.sequence import MARKED, runs
from dashboard.figures.style import translucent
from models.tasks.task import Example

HEIGHT = 92
REACHED = "#105dd1"
LEAST = 1 / 120
"""Least distance of a mark's edge from its middle, as a share of the sequence."""


def reached_steps(example: Example, truncate: int) -> go.Figure:
    """The steps of a sequence as a bar: those that the loss at the last step reaches, and others.

    Informative steps are marked. ``truncate`` is how many steps the gradient goes back, above 0.
    """
    steps = len(example.symbols)
    cut = max(steps - truncate, 0)
    figure = new_figure(
        f"truncation/{steps}",
        height=HEIGHT,
        xaxis={
            "range": [0.5, steps + 0.5],
            "tickvals": step_ticks(steps),
            "fixedrange": True,
        },
        yaxis={"range": [0, 1], "visible": False, "fixedrange": True},
    )
    shapes = [_box(0.5, cut + 0.5, translucent(GREY, 0.25)), _box(cut + 0.5, steps + 0.5, REACHED)]
    wide = max(0.5, LEAST * steps)
    shapes += [_box(run.first - wide, run.last + wide, MARKED) for run in runs(example)]
    figure.update_layout(shapes=shapes)
    figure.add_trace(_names(cut, steps))
    return figure


def _box(first: float, last: float, color: str) -> Trace:
    return {
        "type": "rect",
        "x0": first,
        "x1": last,
        "y0": 0,
        "y1": 1,
        "fillcolor": color,
        "line": {"width": 0},
        "layer": "below",
    }


def _names(cut: int, steps: int) -> Trace:
    """The hover texts of both parts."""
    names = [f"no gradient at steps 1 to {cut}"] if cut else []
    names.append(f"gradient at steps {cut + 1} to {steps}")
    middles = [(cut + 1) / 2] if cut else []
    return {
        "type": "scatter",
        "uid": "parts",
        "name": "",
        "x": [*middles, (cut + 1 + steps) / 2],
        "y": [0.5] * len(names),
        "mode": "markers",
        "marker": {"size": 24, "opacity": 0},
        "hovertext": names,
        "hoverinfo": "text",
        "showlegend": False,
    }
