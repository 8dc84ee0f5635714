"""What a cell's units have specialised in: how long each keeps its memory, what opens its gates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import written
from dashboard.figures.inside.gate_style import color, full_name
from dashboard.figures.layout import GREY, SMALL, Trace, add_level, log_ticks, new_figure

HEIGHT = 320
LONGEST = 1e5
"""Time constants above so many steps are drawn at this height."""


def time_constants(units: pd.DataFrame, *, keep: str, delay: int) -> go.Figure:
    """The time constant of each unit, 1/(1 − mean of ``keep``), before (hollow) and after training.

    ``keep`` is the gate that keeps the memory, ``delay`` the steps over which the task needs it.

    ``units`` is the table of ``models.diagnostics.inside.gate_trace.specialisation``.
    """
    rows = units[units["gate"] == keep].sort_values("time_constant", kind="stable")
    count = len(rows)
    times = [*rows["time_constant_at_initialisation"], *rows["time_constant"], delay]
    drawn = [min(time, LONGEST) for time in times]
    figure = new_figure(
        f"time constants/{count}",
        height=HEIGHT,
        xaxis={"title": "units, sorted", "range": [0.2, count + 0.8], "nticks": 6},
        yaxis={"title": f"1/(1 − mean {keep}), steps", **log_ticks(drawn)},
    )
    names = rows["unit"].tolist()
    figure.add_traces(
        [
            _points(
                "before training", rows["time_constant_at_initialisation"], names, GREY, hollow=True
            ),
            _points("after training", rows["time_constant"], names, color(keep), hollow=False),
        ]
    )
    ends = [0.2, count + 0.8]
    add_level(figure, "delay", ends, delay, f"the task's delay, {delay} steps", "left")
    return figure


def selectivity(units: pd.DataFrame) -> go.Figure:
    """Each gate's mean at informative steps minus its mean at all others, a point for each unit."""
    gates = list(dict.fromkeys(units["gate"]))
    figure = new_figure(
        f"selectivity/{gates}",
        height=HEIGHT,
        xaxis={
            "range": [-0.6, len(gates) - 0.4],
            "tickvals": list(range(len(gates))),
            "ticktext": ["<br>".join(full_name(gate).replace(",", "").split()) for gate in gates],
            "tickangle": 0,
        },
        yaxis={"title": "informative − distractor", "nticks": 6},
    )
    for place, gate in enumerate(gates):
        rows = units[units["gate"] == gate]
        figure.add_trace(_spread(place, gate, rows))
    add_level(figure, "none", [-0.6, len(gates) - 0.4], 0.0, "")
    return figure


def _points(name: str, values: pd.Series, units: list[int], shade: str, *, hollow: bool) -> Trace:
    return {
        "type": "scatter",
        "uid": name.replace(" ", "/"),
        "name": name,
        "x": list(range(1, len(units) + 1)),
        "y": [min(float(f"{value:.4g}"), LONGEST) for value in values],
        "customdata": list(zip(units, written(values), strict=True)),
        "mode": "markers",
        "marker": {
            "size": 8,
            "color": shade,
            "symbol": "circle-open" if hollow else "circle",
            "line": {"width": 1.5, "color": shade},
        },
        "hovertemplate": f"unit %{{customdata[0]}} · {name} · %{{customdata[1]}} steps"
        "<extra></extra>",
    }


def _spread(place: int, gate: str, rows: pd.DataFrame) -> Trace:
    """The points of one gate, side by side by unit number, so that none hides another."""
    count = len(rows)
    offsets = np.linspace(-0.3, 0.3, count) if count > 1 else np.zeros(count)
    return {
        "type": "scatter",
        "uid": f"selectivity/{gate}",
        "name": full_name(gate),
        "showlegend": False,
        "x": [round(place + float(offset), 3) for offset in offsets],
        "y": [None if np.isnan(v) else float(f"{v:.4g}") for v in rows["selectivity"]],
        "customdata": rows[["unit", "informative", "distractor"]].to_numpy().tolist(),
        "mode": "markers",
        "marker": {"size": 7, "color": color(gate), "opacity": 0.85},
        "textfont": {"size": SMALL},
        "hovertemplate": f"{gate}, unit %{{customdata[0]}} · %{{customdata[1]:.2f}} at informative "
        "steps, %{customdata[2]:.2f} at others<extra></extra>",
    }
