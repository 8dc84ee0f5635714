"""Pre-activations before and after a normalisation: a small picture of the option."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.layout import SMALL, Trace, new_figure, numbers

HEIGHT = 190
SCALE = [[0, "#105dd1"], [0.5, "rgba(128,132,149,0.1)"], [1, "#c0212d"]]
"""Blue below 0, red above."""
PLACES = {"before": (0, 0.47), "after": (0.53, 1)}
"""Where the two maps stand, as shares of the width."""


def before_and_after(before: np.ndarray, after: np.ndarray) -> go.Figure:
    """Two maps of (units, sequences) side by side, in one colour scale."""
    hidden: Trace = {"fixedrange": True, "showgrid": False, "tickvals": []}
    figure = new_figure(
        "normalised",
        height=HEIGHT,
        xaxis={**hidden, "title": "sequences", "domain": PLACES["before"]},
        yaxis={**hidden, "title": "units"},
    )
    figure.update_layout(
        xaxis2={**figure.layout.xaxis.to_plotly_json(), "domain": PLACES["after"], "anchor": "y"},
        margin={"t": 22},
    )
    most = float(np.abs(np.concatenate((before, after))).max())
    for name, values, axis in (("before", before, "x"), ("after", after, "x2")):
        figure.add_trace(_map(name, values, axis, most))
        figure.add_annotation(
            text=name,
            x=PLACES[name][0],
            xref="paper",
            xanchor="left",
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"size": SMALL},
        )
    return figure


def _map(name: str, values: np.ndarray, axis: str, most: float) -> Trace:
    return {
        "type": "heatmap",
        "uid": name,
        "name": f"pre-activations {name}",
        "xaxis": axis,
        "x": list(range(1, values.shape[1] + 1)),
        "y": list(range(1, values.shape[0] + 1)),
        "z": [numbers(row, 3) for row in values],
        "zmin": -most,
        "zmax": most,
        "colorscale": SCALE,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": f"{name} · unit %{{y}}, sequence %{{x}}: %{{z:.2f}}<extra></extra>",
    }
