"""The gradient profile over training: every evaluation a row of a heat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import EXPONENTS, Trace, new_figure, numbers, step_ticks, thinned
from dashboard.figures.style import cell_style
from models.analysis.gradient_grid import (
    BROKEN,
    BROKEN_WORDS,
    ZERO,
    ZERO_WORDS,
    Grid,
    gradient_grid,
)

HEIGHT = 400
MOST_STEPS = 60
MOST_COLUMNS = 250
SCALE = "Viridis"
"""A perceptually uniform colour scale, also without full colour vision, for finite values."""


def gradient_heat_map(
    gradients: pd.DataFrame, *, cell: str, length: int, state: str = "h"
) -> go.Figure:
    """log10 of ‖∂L/∂state_t‖ of one cell: t to the right as in the profile, training upwards."""
    rows = gradients[
        (gradients["cell"] == cell)
        & (gradients["length"] == length)
        & (gradients["state"] == state)
    ]
    found = gradient_grid(rows)
    norm = f"‖∂L/∂{state}<sub>t</sub>‖"
    figure = new_figure(
        f"heat map/{cell}/{length}/{state}",
        height=HEIGHT,
        xaxis={
            "title": "time step t",
            "range": [min(0.5, 1 - 0.02 * length), max(length + 0.5, 1.02 * length)],
            "tickvals": step_ticks(length),
        },
        yaxis={"title": "training step", "tickformat": "d", **_few(found.steps)},
    )
    figure.update_layout(
        legend={"x": 1, "xanchor": "right", "yref": "container", "y": 0.99, "yanchor": "top"},
        yaxis={"showgrid": False},
        margin={"t": 96},
    )
    figure.add_annotation(  # the colour bar's own title would stand on it
        text=norm,
        x=0,
        y=1,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        yshift=52,
        showarrow=False,
    )
    figure.add_trace(_norms(cell, found, norm))
    figure.add_traces([_zeros(cell, found), _key_of_zeros(found), _overflows(cell, found)])
    return figure


def _few(steps: Sequence[int]) -> Trace:
    """The ticks of the training steps; one row alone has one tick."""
    return {"tickvals": list(steps)} if len(steps) == 1 else {"nticks": 7}


def _places(found: Grid) -> tuple[Sequence[int], Sequence[int]]:
    return thinned(len(found.steps), MOST_STEPS), thinned(len(found.t), MOST_COLUMNS)


def _heat(found: Grid, kind: str, values: np.ndarray) -> Trace:
    rows, columns = _places(found)
    return {
        "type": "heatmap",
        "uid": kind,  # of a trace with a colour bar it must be a valid CSS name
        "x": [found.t[i] for i in columns],
        "y": [found.steps[i] for i in rows],
        "z": [numbers((values[i, k] for k in columns), 3) for i in rows],
        "hoverongaps": False,
    }


def _norms(cell: str, found: Grid, norm: str) -> Trace:
    known = found.logs[np.isfinite(found.logs)]
    low, high = (known.min(), known.max()) if len(known) else (-1.0, 0.0)
    return {
        **_heat(found, "norms", found.logs),
        "name": norm,
        "colorscale": SCALE,
        "zmin": float(low),
        "zmax": float(max(high, low + 0.1)),
        "colorbar": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "yref": "container",  # one above the plot would push its margins, not its titles
            "y": 0.89,
            "yanchor": "top",
            "len": 0.6,
            "thickness": 10,
            "outlinewidth": 0,
            **EXPONENTS,
            "nticks": 4,
            "tickangle": 0,
        },
        "hovertemplate": f"{cell_style(cell).label} · step %{{y}} · t = %{{x}} · "
        f"{norm} = 10<sup>%{{z:.1f}}</sup><extra></extra>",
    }


def _zeros(cell: str, found: Grid) -> Trace:
    """One flat colour over the places where a gradient is exactly 0."""
    return {
        **_heat(found, "zero", np.where(found.zero, 1.0, np.nan)),
        "colorscale": [[0, ZERO], [1, ZERO]],
        "showscale": False,
        "hovertemplate": f"{cell_style(cell).label} · step %{{y}} · t = %{{x}} · {ZERO_WORDS}"
        "<extra></extra>",
    }


def _key_of_zeros(found: Grid) -> Trace:
    """The legend's entry of zeros; hidden where there are none."""
    return {
        "type": "scatter",
        "uid": "key/zero",
        "name": ZERO_WORDS,
        "showlegend": bool(found.zero.any()),
        "x": [None],
        "y": [None],
        "mode": "markers",
        "marker": {"symbol": "square", "size": 11, "color": ZERO},
        "hoverinfo": "skip",
    }


def _overflows(cell: str, found: Grid) -> Trace:
    """A cross in each row where the gradient, on its way back, first is not finite.

    What lies before it in the sequence is empty. Where the gradient is not finite from the start,
    the cross stands at the end of the sequence: the state overflowed on the way forward.
    """
    rows, _ = _places(found)
    broken = [i for i in rows if found.broken[i].any()]
    return {
        "type": "scatter",
        "uid": "overflow",
        "name": BROKEN_WORDS,
        "showlegend": bool(broken),
        "x": [found.t[int(np.flatnonzero(found.broken[i])[-1])] for i in broken] or [None],
        "y": [found.steps[i] for i in broken] or [None],
        "mode": "markers",
        "marker": {"symbol": "x", "size": 7, "color": BROKEN},
        "cliponaxis": False,
        "hovertemplate": f"{cell_style(cell).label} · step %{{y}} · t = %{{x}} · {BROKEN_WORDS}"
        "<extra></extra>",
    }
