"""Lines that help to read a plot: the baseline ladder, memory spans, guesses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.ladder import Measure, Rung
from dashboard.figures.layout import GREY, SMALL, Trace
from dashboard.figures.style import cell_style, in_order

GAP = "\N{NO-BREAK SPACE}"
NEAR = {"accuracy": 0.06, "loss": 0.25}
"""The labels of rungs closer than this (loss: in ln) are stacked, the others hang below."""
LINE = 12
"""Pixels from one label of a stack to the next."""


def add_ladder(
    figure: go.Figure, rungs: Sequence[Rung], measure: Measure, ends: tuple[float, float]
) -> None:
    """A dashed grey line for each rung (lowest first), its name at the right end.

    A rung that is known at one length only is a level line between ``ends``.
    """
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
            hovertemplate=f"{rung.name} · {measure} %{{y:.3g}}<extra></extra>",
        )
        last = rung.values[-1]
        height = last if measure == "accuracy" else math.log(last)
        stacked = stacked + 1 if height - below < NEAR[measure] else 0
        figure.add_annotation(
            text=rung.name,
            x=1,
            xref="x domain",
            xanchor="right",
            y=last if measure == "accuracy" else math.log10(last),
            yanchor="bottom" if stacked else "top",
            yshift=LINE * max(stacked - 1, 0),
            showarrow=False,
            font={"size": SMALL},
            opacity=0.85,
        )
        below = height


def span_traces(spans: pd.DataFrame, means: Mapping[str, pd.DataFrame]) -> list[Trace]:
    """The memory span of each cell: from where its mean crosses the middle down to its length.

    ``spans`` is from ``memory_spans``; ``means`` has each cell's rows of ``summarise``. A cell
    that never crosses within the lengths tested has no line.
    """
    crossed = spans[(spans["bound"] == "") & spans["span"].notna()]
    rows = {str(row["cell"]): row for _, row in crossed.iterrows()}
    return [_span_trace(cell, rows[cell], means[cell]) for cell in in_order(rows)]


def _span_trace(cell: str, row: pd.Series, means: pd.DataFrame) -> Trace:
    style = cell_style(cell)
    span = float(row["span"])
    chance = np.interp(math.log(span), np.log(means["length"]), means["chance_accuracy"])
    low = span if pd.isna(row["low"]) else max(row["low"], means["length"].min())
    high = span if pd.isna(row["high"]) else min(row["high"], means["length"].max())
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
        "hovertext": f"{style.label} · memory span {row['text']} ({row['interval']})",
        "hoverinfo": "text",
    }


def guess_traces(guesses: Mapping[str, float], middle: float) -> list[Trace]:
    """A dotted line in the cell's colour where someone thinks that it will give up.

    Its name is written towards ``middle``, the middle of the length axis.
    """
    traces: list[Trace] = []
    for place, cell in enumerate(in_order(guesses)):
        style = cell_style(cell)
        traces.append(
            {
                "type": "scatter",
                "uid": f"{cell}/guess",
                "legendgroup": cell,
                "showlegend": False,
                "x": [guesses[cell]] * 3,
                "y": [0, 0.03 + 0.05 * place, 1],
                "mode": "lines+text",
                "line": {"color": style.color, "dash": "dot", "width": 1.5},
                "text": ["", f"{GAP}guess: {style.label}{GAP}", ""],
                "textposition": "middle right" if guesses[cell] <= middle else "middle left",
                "textfont": {"size": SMALL},
                "hovertext": f"guess: {style.label} gives up at T = {guesses[cell]:g}",
                "hoverinfo": "text",
            }
        )
    return traces
