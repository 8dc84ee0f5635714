"""The learning-rate windows: accuracy by length and learning rate, a map for each cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import written
from dashboard.figures.layout import AXIS, SMALL, Trace, new_figure
from dashboard.figures.style import cell_style, in_order
from models.analysis.words import percent

COLUMNS = 3
"""Maps side by side."""
ROW, AROUND = 26, 72
"""Pixels of one rate's row, and around the maps of one row: title, ticks, gap."""
MOST_TEXTS = 6
"""Most lengths at which a share has room in its field."""
CHOSEN = "#e0327d"
"""The colour of the frame around a chosen rate, which is not in the scale."""
GAP = 0.08
"""Share of the width between two maps."""


def learning_rate_maps(scores: pd.DataFrame) -> go.Figure:
    """Accuracy on validation sequences from ``rate_scores``: length across, learning rate up.

    A frame is around the rate that a cell is shown with.
    """
    cells = in_order(scores["cell"].unique())
    columns = min(len(cells), COLUMNS)
    rows = -(-len(cells) // columns)
    rates = sorted(scores["learning_rate"].unique())
    height = rows * (ROW * len(rates) + AROUND)
    figure = new_figure("learning rates", height=height, xaxis={}, yaxis={})
    for place, cell in enumerate(cells):
        _add_map(figure, scores[scores["cell"] == cell], rates, place, columns, rows)
    figure.update_layout(
        margin={"t": 24},
        coloraxis={"colorscale": "Viridis", "cmin": 0, "cmax": 1, "showscale": False},
    )
    return figure


def _add_map(
    figure: go.Figure,
    scores: pd.DataFrame,
    rates: Sequence[float],
    place: int,
    columns: int,
    rows: int,
) -> None:
    cell = scores["cell"].iloc[0]
    row, column = divmod(place, columns)
    number = "" if place == 0 else str(place + 1)
    width, height = (1 - GAP * (columns - 1)) / columns, 1 / rows
    left, top = column * (width + GAP), 1 - row * height
    gap = height * AROUND / (AROUND + ROW * len(rates)) if rows > 1 else 0.0
    figure.update_layout(
        {
            f"xaxis{number}": {
                **AXIS,
                "type": "category",
                "domain": [left, left + width],
                "anchor": f"y{number}",
                "title": "sequence length",
                "showgrid": False,
            },
            f"yaxis{number}": {
                **AXIS,
                "type": "category",
                "domain": [top - height + gap, top],
                "anchor": f"x{number}",
                "title": "learning rate" if column == 0 else "",
                "showticklabels": column == 0,
                "showgrid": False,
            },
        }
    )
    figure.add_annotation(
        text=cell_style(cell).label,
        x=left,
        y=top,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
    )
    figure.add_trace(_map(scores, rates, number))
    for frame in _frames(scores, rates, number):
        figure.add_shape(**frame)


def _map(scores: pd.DataFrame, rates: Sequence[float], number: str) -> Trace:
    cell = scores["cell"].iloc[0]
    table = scores.pivot(index="learning_rate", columns="length", values="accuracy")
    table = table.reindex(index=list(rates))
    shares = [[None if math.isnan(share) else share for share in row] for row in table.to_numpy()]
    return {
        "type": "heatmap",
        "uid": f"{cell}/rates",
        "name": cell_style(cell).label,
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "x": [str(length) for length in table.columns],
        "y": written(table.index),
        "z": shares,
        "text": [["" if share is None else percent(share) for share in row] for row in shares],
        "texttemplate": "%{text}" if table.shape[1] <= MOST_TEXTS else "",
        "textfont": {"size": SMALL},
        "xgap": 1,
        "ygap": 1,
        "coloraxis": "coloraxis",
        "hovertemplate": f"{cell_style(cell).label} · T = %{{x}} · learning rate %{{y}}"
        "<br>%{text} right on validation sequences<extra></extra>",
    }


def _frames(scores: pd.DataFrame, rates: Sequence[float], number: str) -> list[Trace]:
    """A frame around the field of each chosen rate."""
    lengths = sorted(scores["length"].unique())
    best = scores[scores["chosen"]]
    places = [
        (lengths.index(length), rates.index(rate))
        for length, rate in zip(best["length"], best["learning_rate"], strict=True)
    ]
    return [
        {
            "type": "rect",
            "xref": f"x{number}",
            "yref": f"y{number}",
            "x0": x - 0.5,
            "x1": x + 0.5,
            "y0": y - 0.5,
            "y1": y + 0.5,
            "line": {"width": 3, "color": CHOSEN},
        }
        for x, y in places
    ]
