"""One unit's gates and states over time, on the time axis of the heat maps above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE, written
from dashboard.figures.inside.gate_map import LEFT, MARK, RIGHT
from dashboard.figures.inside.gate_style import GateRoles, color, dash
from dashboard.figures.layout import AT_THE_BOTTOM, Trace, new_figure, numbers, step_ticks

HEIGHT = 330


def gate_lines(
    t: Sequence[int],
    values: Mapping[str, np.ndarray],
    *,
    roles: GateRoles,
    unit: int,
    informative: Sequence[int] = (),
    event: str = "",
) -> go.Figure:
    """Gates, from 0 to 1, above, and values that may be negative below.

    ``values`` are (T, H) by name; ``unit`` is counted from 1. Lines mark the ``informative`` steps.
    ``event`` names what is at t = 0 where sequences were aligned on it. In the browser another unit
    takes the place of this one, and the chosen step is marked, see ``gate_player.js``.
    """
    figure = new_figure(
        f"gate lines/{t[0]}/{t[-1]}",
        height=HEIGHT,
        xaxis={
            "title": f"steps from {event}" if event else "time step t",
            "range": [t[0] - 0.5, t[-1] + 0.5],
            **AT_THE_BOTTOM,
            "automargin": False,
            **({} if event else {"tickvals": step_ticks(len(t))}),
        },
        yaxis={},
    )
    open_gates = [name for name in values if not roles.signed(name)]
    split = 0.52 if open_gates else 1.0
    below = {"domain": [0, split - 0.06 * bool(open_gates)], "nticks": 5, "automargin": False}
    figure.update_layout(
        margin={"l": LEFT, "r": RIGHT, "t": 44, "b": 44},
        yaxis={"domain": [split, 1], "range": [-0.04, 1.04], "nticks": 3, "automargin": False},
        yaxis2={**figure.layout.yaxis.to_plotly_json(), **below, "anchor": "x"},
    )
    figure.add_annotation(
        name="Unit {unit}",
        text=f"Unit {unit}",
        x=0,
        xref="paper",
        xanchor="left",
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-22,
        showarrow=False,
    )
    shown = ", ".join(f"{name} = {{{name}}}" for name in values)
    figure.update_layout(
        yaxis_visible=bool(open_gates),
        meta={
            "follows": "cell",
            "timed": True,
            "words": f"Gates and states of unit {{unit}} against time; at t = {{t}} {shown}.",
        },
    )
    for name, table in values.items():
        figure.add_trace(_line(name, t, table[:, unit - 1], roles))
    for own in informative:
        figure.add_shape(**_at(own))
    return figure


def _line(name: str, t: Sequence[int], values: np.ndarray, roles: GateRoles) -> Trace:
    return {
        "type": "scatter",
        "uid": f"line/{name}",
        "name": name,
        "meta": {"value": name},
        "yaxis": "y2" if roles.signed(name) else "y",
        "x": [int(own) for own in t],
        "y": numbers(values),
        "customdata": written(values.tolist()),
        "mode": "lines",
        "line": {"color": color(name), "width": 2, "dash": dash(name)},
        "hovertemplate": f"t = %{{x}} · {name} = {VALUE}<extra></extra>",
    }


def _at(step: int) -> Trace:
    return {
        "type": "line",
        "x0": step,
        "x1": step,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": MARK, "width": 1.5},
    }
