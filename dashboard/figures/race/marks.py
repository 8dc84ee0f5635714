"""Lines that help to read a plot: the baseline ladder, memory spans, guesses, predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE, written
from dashboard.figures.layout import GREY, LEVEL, SMALL, LengthAxis, Trace, belongs, note
from dashboard.figures.race.curves import Row
from dashboard.figures.style import cell_style, in_order
from models.analysis.ladder import Measure, Rung
from models.analysis.memory_span import span_in_words

GAP = "\N{NO-BREAK SPACE}"
"""Stands between a line and its name."""
NEAR = {"accuracy": 0.06, "loss": 0.25}
"""Labels of rungs closer than this (loss: in ln) are stacked; others hang below their line."""
ASIDE = 0.035
"""Share of the axis between its last length and a line that lies beyond, inside the plot."""
APART = 0.006
"""Share of the axis between two lines at the same length."""
LINE = 13
"""Pixels from one label of a stack to the next."""


def add_ladder(
    figure: go.Figure,
    rungs: Sequence[Rung],
    measure: Measure,
    ends: tuple[float, float],
    side: Literal["left", "right"] = "right",
) -> None:
    """A dashed grey line for each rung (lowest first), its name at the end on this ``side``.

    A rung that is known at one length only is a level line between ``ends``.
    """
    place = {"x": 0, "xanchor": "left"} if side == "left" else {}
    below, stacked = -math.inf, 0
    for rung in rungs:
        level = len(rung.values) == 1
        figure.add_scatter(
            uid=f"baseline/{rung.name}",
            showlegend=False,
            x=ends if level else rung.lengths,
            y=rung.values * 2 if level else rung.values,
            mode="lines",
            line={"color": GREY, "dash": "dash", "width": 1.2},
            meta={LEVEL: True},
            customdata=written(rung.values * 2 if level else rung.values),
            hovertemplate=f"{rung.name} · {measure} {VALUE}<extra></extra>",
        )
        last = rung.values[0 if side == "left" else -1]
        height = last if measure == "accuracy" else math.log(last)
        stacked = stacked + 1 if height - below < NEAR[measure] else 0
        figure.add_annotation(
            note(
                rung.name,
                last if measure == "accuracy" else math.log10(last),
                name=LEVEL,
                yanchor="bottom" if stacked else "top",
                yshift=LINE * max(stacked - 1, 0),
                **place,
            )
        )
        below = height


def span_traces(spans: pd.DataFrame, means: Mapping[str, Sequence[Row]]) -> list[Trace]:
    """The memory span of each cell: from the middle between chance and 1 down to its length.

    ``spans`` is from ``memory_spans``; ``means`` has each cell's rows of ``summarise``. A span
    outside the lengths tested has no line.
    """
    crossed = spans[(spans["bound"] == "") & spans["span"].notna()]
    rows = {str(row["cell"]): row for row in crossed.to_dict("records")}
    return [_span_trace(cell, rows[cell], means[cell]) for cell in in_order(rows)]


def _span_trace(cell: str, row: Row, means: Sequence[Row]) -> Trace:
    style = cell_style(cell)
    span = float(row["span"])
    lengths = [place["length"] for place in means]
    chances = [place["chance_accuracy"] for place in means]
    chance = np.interp(math.log(span), np.log(lengths), chances)
    low, high = max(row["low"], lengths[0]), min(row["high"], lengths[-1])
    return {
        "type": "scatter",
        "uid": f"{cell}/span",
        "legendgroup": cell,
        "showlegend": False,
        "x": [span, span],
        "y": [(1 + float(chance)) / 2, 0],
        "mode": "lines+markers",
        "line": {"color": style.color, "width": 1},
        "marker": {
            "color": style.color,
            "symbol": "triangle-down",
            "size": [0, 10],
            "line": {"width": 0},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - span, 0],
            "arrayminus": [span - low, 0],
            "color": style.color,
            "thickness": 1,
            "width": 4,
        },
        "hovertext": f"{style.label} · memory span {span_in_words(row)}",
        "hoverinfo": "text",
    }


def guess_traces(guesses: Mapping[str, float], axis: LengthAxis) -> list[Trace]:
    """A dotted line in the cell's colour at the guessed memory span."""
    traces: list[Trace] = []
    for place in _places(guesses, axis):
        length = guesses[place.cell]
        reach = f"up to T = {length:g}" if math.isfinite(length) else "beyond all lengths tested"
        label = cell_style(place.cell).label
        traces.append(
            {
                **_upright("guess", place, "guess"),
                "mode": "lines+text",
                "hovertext": f"your guess: {label} remembers {reach}",
            }
        )
    return traces


def prediction_traces(
    predictions: Mapping[str, float], axis: LengthAxis, above: int
) -> list[Trace]:
    """A thin line with an open triangle up to where a cell is predicted to learn.

    ``above`` other lines have their names below these.
    """
    traces: list[Trace] = []
    for place in _places(predictions, axis, above):
        length = predictions[place.cell]
        reach = f"up to T = {length:.0f}" if math.isfinite(length) else "at every length"
        style = cell_style(place.cell)
        traces.append(
            {
                **_upright("predicted", place, "predicted"),
                "mode": "lines+markers+text",
                "line": {"color": style.color, "dash": "dashdot", "width": 1.2},
                "marker": {
                    "color": style.color,
                    "symbol": "triangle-up-open",
                    "size": [12, 0, 0],
                    "line": {"width": 2},
                },
                "cliponaxis": False,
                "hovertext": "predicted from the gradient at initialisation: "
                f"{style.label} learns {reach}",
            }
        )
    return traces


@dataclass(frozen=True)
class _Place:
    """The place of an upright line of a cell, and of its name."""

    cell: str
    x: float
    outside: str
    """How the length lies outside the lengths tested, in words; else empty."""
    row: int
    """The row of the name, from the bottom."""
    left: bool
    """Whether the name stands to the left of the line, towards the middle."""


def _places(lengths: Mapping[str, float], axis: LengthAxis, above: int = 0) -> list[_Place]:
    """The places of lines at these lengths; those outside the lengths tested stand at that end."""
    cells = in_order(cell for cell, length in lengths.items() if not math.isnan(length))
    found = {cell: _within(float(lengths[cell]), axis) for cell in cells}
    found = _beside_each_other(found, axis)
    # From the left: names of baselines stand at the left end, above the lowest rows.
    rows = sorted(found, key=lambda cell: found[cell][0])
    return [
        _Place(cell, x, outside, above + rows.index(cell), left=x > axis.middle())
        for cell, (x, outside) in found.items()
    ]


def _beside_each_other(
    places: Mapping[str, tuple[float, str]], axis: LengthAxis
) -> dict[str, tuple[float, str]]:
    """The same places, those that are equal a little apart: no line hides another."""
    apart = {}
    for cell, (x, outside) in places.items():
        equal = [other for other, (place, _) in places.items() if place == x]
        aside = equal.index(cell) - (len(equal) - 1) / 2
        apart[cell] = axis.shift(x, APART * aside) if aside else x, outside
    return apart


def _upright(kind: str, place: _Place, word: str) -> Trace:
    style = cell_style(place.cell)
    return {
        **belongs(place.cell, kind),
        "x": [place.x] * 3,
        "y": [0, 0.03 + 0.065 * place.row, 1],
        "line": {"color": style.color, "dash": "dot", "width": 1.5},
        "text": ["", f"{GAP}{word}: {style.label}{place.outside}{GAP}", ""],
        "textposition": "middle left" if place.left else "middle right",
        "textfont": {"size": SMALL},
        "hoverinfo": "text",
    }


def _within(length: float, axis: LengthAxis) -> tuple[float, str]:
    """The length to draw a line at, and how its own lies outside the axis, in words."""
    if axis.lengths and length > axis.lengths[-1]:
        return axis.shift(axis.lengths[-1], ASIDE), ", beyond"
    if axis.lengths and length < axis.lengths[0]:
        return axis.shift(axis.lengths[0], -ASIDE), ", below"
    return (length, "") if math.isfinite(length) else (axis.middle(), "")
