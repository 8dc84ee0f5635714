"""How long a cell keeps its state by what it starts with: a small picture of its options."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE
from dashboard.figures.layout import new_figure, numbers
from dashboard.figures.lines import cell_line
from models.analysis.words import percent

HEIGHT = 150
MOST = 4.0
"""Where the axis ends at the latest; a state that grows without bound leaves it."""


def kept_at_start_curve(kept: pd.DataFrame, cell: str) -> go.Figure:
    """The share of a state that is left so many steps later; ``kept`` is of ``kept_at_start``."""
    steps, end = int(kept["lag"].max()), float(kept["share"].iloc[-1])
    figure = new_figure(
        f"kept/{steps}",
        height=HEIGHT,
        xaxis={"title": "steps later", "nticks": 5, "range": [0, steps]},
        yaxis={"range": [0, max(1.05, min(end, MOST))], "nticks": 3, "tickformat": ".0%"},
    )
    line = cell_line(cell, "kept", kept["lag"].tolist(), numbers(kept["share"]))
    return figure.add_trace(
        {
            **line,
            "showlegend": False,
            "customdata": [percent(share) for share in kept["share"]],
            "hovertemplate": f"{VALUE} is left %{{x}} steps later<extra></extra>",
        }
    )
