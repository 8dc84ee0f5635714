"""Over training: learning curves and the gradient norm, at one sequence length."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.ladder import Measure, rungs
from dashboard.figures.layout import GREY, SMALL, Trace, log_ticks, new_figure, numbers
from dashboard.figures.marks import add_ladder
from dashboard.figures.style import cell_style, in_order
from models.results.statistics import clipped_share

HEIGHT = 340
MOST_POINTS = 200
"""A longer line is thinned: each point then stands for as many steps as the others, their mean."""


def learning_curves(
    accuracy: pd.DataFrame,
    training: pd.DataFrame,
    *,
    length: int,
    baselines: pd.DataFrame,
    measure: Measure = "accuracy",
    cells: Sequence[str] = (),
) -> go.Figure:
    """Held-out accuracy or loss against optimiser steps: the mean over seeds, each seed faint.

    The loss on the training batches is drawn thin beside the held-out one.
    """
    held_out = accuracy[accuracy["length"] == length]
    batches = training[training["length"] == length]
    values: Trace = {"title": f"held-out {measure}", "range": [-0.03, 1.04], "dtick": 0.2}
    if measure == "loss":
        values = {"title": "loss", **log_ticks()}
    figure = _over_steps(f"learning/{measure}/{length}", values)
    last = max([1, *held_out["step"], *batches["step"]])
    rows = baselines[baselines["length"] == length]
    add_ladder(figure, rungs(rows, measure), measure, (0, last))
    for cell in in_order([*cells, *held_out["cell"], *batches["cell"]]):
        own = held_out[held_out["cell"] == cell]
        figure.add_trace(_each_seed(cell, own, measure))
        if measure == "loss":
            figure.add_trace(_batches(cell, batches[batches["cell"] == cell]))
        figure.add_trace(_held_out(cell, own, measure))
    return figure


def gradient_norm(
    training: pd.DataFrame, *, length: int, clip: float, cells: Sequence[str] = ()
) -> go.Figure:
    """The gradient norm before clipping, geometric mean over seeds, on a log axis.

    A model whose norm is not finite has a cross where that first happened.
    """
    rows = training[training["length"] == length]
    values = {"title": "gradient norm", **log_ticks()}
    figure = _over_steps(f"gradient norm/{length}", values)
    remarks = []
    if clip > 0:
        figure.add_trace(_threshold(clip, max([1, *rows["step"]])))
        remarks += ["before clipping", "share of clipped steps in brackets"]
    if len(overflows(rows)):
        remarks += ["× overflow"]
    if remarks:
        figure.update_layout(legend={"title": {"text": " · ".join(remarks), "side": "top"}})
    for cell in in_order([*cells, *rows["cell"]]):
        own = rows[rows["cell"] == cell]
        figure.add_traces([_norms(cell, own, clip), _overflows(cell, own)])
    return figure


def overflows(rows: pd.DataFrame) -> pd.DataFrame:
    """The first training row of each model whose gradient norm is not finite."""
    bad = rows[~np.isfinite(rows["gradient_norm"].astype(float))]
    return bad.sort_values("step").groupby(["cell", "length", "seed"], as_index=False).head(1)


def mean_by_step(rows: pd.DataFrame, column: str) -> pd.Series:
    """Mean over seeds at each step, over those seeds that are finite there."""
    values = rows[column].astype(float)
    return values.where(np.isfinite(values)).groupby(rows["step"]).mean()


def log_mean_by_step(rows: pd.DataFrame, column: str) -> pd.Series:
    """Mean of the logarithm over seeds at each step, over those finite and above 0 there."""
    values = rows[column].astype(float)
    values = values[np.isfinite(values) & (values > 0)]
    logs = pd.Series(np.log(values.to_numpy()), index=values.index)
    return logs.groupby(rows["step"].loc[logs.index]).mean()


def thin(line: pd.Series) -> pd.Series:
    """A line over steps in at most 200 points, each the mean of an equal number of steps."""
    width = math.ceil(len(line) / MOST_POINTS)
    if width <= 1:
        return line
    bins = np.arange(len(line)) // width
    steps = pd.Series(line.index).groupby(bins).mean().round().astype(int)
    return pd.Series(line.groupby(bins).mean().to_numpy(), index=steps)


def _over_steps(name: str, yaxis: Trace) -> go.Figure:
    xaxis = {"title": "training step", "rangemode": "tozero", "nticks": 7}
    return new_figure(name, height=HEIGHT, xaxis=xaxis, yaxis=yaxis)


def _belongs(cell: str, kind: str) -> Trace:
    return {"type": "scatter", "uid": f"{cell}/{kind}", "legendgroup": cell, "showlegend": False}


def _points(line: pd.Series) -> Trace:
    steps: list[int | None] = [int(step) for step in line.index]
    # An empty trace would have no place in the legend.
    return {"x": steps or [None], "y": numbers(line) or [None], "mode": "lines"}


def _held_out(cell: str, rows: pd.DataFrame, measure: Measure) -> Trace:
    style = cell_style(cell)
    seeds = rows["seed"].nunique()
    return {
        **_belongs(cell, "mean"),
        **_points(thin(mean_by_step(rows, measure))),
        "name": style.label,
        "showlegend": True,
        "line": {"color": style.color, "dash": style.dash, "width": 2.5},
        "hovertemplate": f"{style.label} · step %{{x}} · mean held-out {measure} %{{y:.3~f}} "
        f"over {seeds} seed{'s' if seeds != 1 else ''}<extra></extra>",
    }


def _each_seed(cell: str, rows: pd.DataFrame, measure: Measure) -> Trace:
    """All seeds as one trace, with a gap between two of them."""
    style = cell_style(cell)
    steps: list[int | None] = []
    values: list[float | None] = []
    names: list[str] = []
    for seed, own in rows.sort_values("step").groupby("seed"):
        line = thin(own.set_index("step")[measure])
        steps += [*(int(step) for step in line.index), None]
        values += [*numbers(line), None]
        names += [str(seed)] * (len(line) + 1)
    return {
        **_belongs(cell, "seeds"),
        "x": steps,
        "y": values,
        "customdata": names,
        "mode": "lines",
        "line": {"color": style.color, "width": 1},
        "opacity": 0.5,
        "hovertemplate": f"{style.label} · seed %{{customdata}} · step %{{x}} · "
        f"held-out {measure} %{{y:.3~f}}<extra></extra>",
    }


def _batches(cell: str, rows: pd.DataFrame) -> Trace:
    style = cell_style(cell)
    return {
        **_belongs(cell, "batches"),
        **_points(thin(mean_by_step(rows, "loss"))),
        "line": {"color": style.color, "width": 1, "dash": "dot"},
        "opacity": 0.7,
        "hovertemplate": f"{style.label} · step %{{x}} · mean training loss %{{y:.3g}}"
        "<extra></extra>",
    }


def _norms(cell: str, rows: pd.DataFrame, clip: float) -> Trace:
    style = cell_style(cell)
    logs = thin(log_mean_by_step(rows, "gradient_norm"))
    line = pd.Series(np.exp(logs.to_numpy()), index=logs.index)
    name, share = style.label, ""
    if clip > 0 and len(rows):
        percent = f"{clipped_share(rows)['clipped'].mean():.0%}"
        name, share = f"{name} ({percent})", f"<br>{percent} of all steps so far were clipped"
    return {
        **_belongs(cell, "norm"),
        **_points(line),
        "name": name,
        "showlegend": True,
        "line": {"color": style.color, "dash": style.dash, "width": 2},
        "hovertemplate": f"{style.label} · step %{{x}} · gradient norm %{{y:.3g}}{share}"
        "<extra></extra>",
    }


def _overflows(cell: str, rows: pd.DataFrame) -> Trace:
    """At the height of the largest finite norm of the cell: the norm itself has no height."""
    style = cell_style(cell)
    first = overflows(rows)
    norms = rows["gradient_norm"].astype(float)
    height = norms[np.isfinite(norms)].max() if np.isfinite(norms).any() else 1.0
    steps = first["step"].tolist()
    return {
        **_belongs(cell, "overflow"),
        "x": steps,
        "y": [height] * len(steps),
        "mode": "markers",
        "marker": {"color": style.color, "symbol": "x", "size": 9},
        "cliponaxis": False,
        "customdata": first["seed"].tolist(),
        "hovertemplate": f"{style.label} · seed %{{customdata}} · the gradient norm is not finite "
        "at step %{x}<extra></extra>",
    }


def _threshold(clip: float, last: int) -> Trace:
    return {
        "type": "scatter",
        "uid": "clip",
        "showlegend": False,
        "x": [0, last],
        "y": [clip, clip],
        "mode": "lines+text",
        "line": {"color": GREY, "dash": "dash", "width": 1.2},
        "text": ["", f"clipped above {clip:g}"],
        "textposition": "top left",
        "textfont": {"size": SMALL},
        "hoverinfo": "skip",
    }
