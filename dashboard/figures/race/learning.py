"""Learning curves and gradient norms over training, at one sequence length."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE
from dashboard.figures.layout import ACCURACY, Trace, add_level, belongs, log_ticks, note, remark
from dashboard.figures.lines import (
    each_seed,
    mean_line,
    overflow_marks,
    points,
    steps_figure,
)
from dashboard.figures.race.marks import add_ladder
from dashboard.figures.style import cell_style, in_order
from models.analysis.ladder import Measure, rungs
from models.analysis.over_training import log_mean_by_step, mean_by_step, thin
from models.analysis.statistics import clipped_share
from models.analysis.words import count, number, percent
from models.experiment.experiment import ClipBy


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
    losses = [*held_out["loss"], *batches["loss"]]
    values = ACCURACY if measure == "accuracy" else {"title": "loss", **log_ticks(losses)}
    figure = steps_figure(f"learning/{measure}/{length}", values)
    last = max([1, *held_out["step"], *batches["step"]])
    rows = baselines[baselines["length"] == length]
    add_ladder(figure, rungs(rows, measure), measure, (0, last))
    for cell in in_order([*cells, *held_out["cell"], *batches["cell"]]):
        own = held_out[held_out["cell"] == cell]
        figure.add_trace(each_seed(cell, own, measure, f"held-out {measure}"))
        if measure == "loss":
            figure.add_trace(_batches(cell, batches[batches["cell"] == cell]))
        figure.add_trace(_held_out(cell, own, measure))
    return figure


def gradient_norm(
    training: pd.DataFrame,
    *,
    length: int,
    clip: float,
    clip_by: ClipBy,
    cells: Sequence[str] = (),
) -> go.Figure:
    """The gradient norm before clipping, geometric mean over seeds, on a log axis.

    A clipping threshold on the norm is a line; one on each value has no place on this axis. A model
    whose norm is not finite has a cross where that first happened.
    """
    rows = training[training["length"] == length]
    values = {"title": "gradient norm", **log_ticks(rows["gradient_norm"])}
    figure = steps_figure(f"gradient norm/{length}", values)
    remarks = []
    if clip > 0 and clip_by == "norm":
        ends = (0, max([1, *rows["step"]]))
        add_level(figure, "clip", ends, clip, "")
        figure.add_annotation(
            note(f"clipped above {number(clip)}", math.log10(clip), yanchor="bottom")
        )
        remarks += ["before clipping", "share of clipped steps in brackets"]
    elif clip > 0:
        remarks += [
            f"before each value is clipped at ± {number(clip)}",
            "share of clipped steps in brackets",
        ]
    if len(overflows(rows)):
        remarks += ["× overflow"]
    remark(figure, *remarks)
    for cell in in_order([*cells, *rows["cell"]]):
        own = rows[rows["cell"] == cell]
        figure.add_traces([_norms(cell, own, clip), _overflows(cell, own)])
    return figure


def overflows(rows: pd.DataFrame) -> pd.DataFrame:
    """The first training row of each model that has a gradient norm that is not finite."""
    bad = rows[~np.isfinite(rows["gradient_norm"].astype(float))]
    return bad.sort_values("step").groupby(["cell", "length", "seed"], as_index=False).head(1)


def _held_out(cell: str, rows: pd.DataFrame, measure: Measure) -> Trace:
    seeds = rows["seed"].nunique()
    line = thin(mean_by_step(rows, measure))
    return mean_line(
        cell, "mean", line, f"mean held-out {measure}", f" over {count(seeds, 'seed')}"
    )


def _batches(cell: str, rows: pd.DataFrame) -> Trace:
    style = cell_style(cell)
    return {
        **belongs(cell, "batches"),
        **points(thin(mean_by_step(rows, "loss"))),
        "line": {"color": style.color, "width": 1, "dash": "dot"},
        "opacity": 0.7,
        "hovertemplate": f"{style.label} · step %{{x}} · mean training loss {VALUE}<extra></extra>",
    }


def _norms(cell: str, rows: pd.DataFrame, clip: float) -> Trace:
    logs = thin(log_mean_by_step(rows, "gradient_norm"))
    line = pd.Series(np.exp(logs.to_numpy()), index=logs.index)
    if clip == 0 or rows.empty:
        return mean_line(cell, "norm", line, "gradient norm")
    clipped = percent(clipped_share(rows)[cell])
    more = f"<br>{clipped} of all steps so far were clipped"
    trace = mean_line(cell, "norm", line, "gradient norm", more)
    return {**trace, "name": f"{trace['name']} ({clipped})"}


def _overflows(cell: str, rows: pd.DataFrame) -> Trace:
    """Crosses at overflows, at the cell's largest finite norm: an overflow has no height."""
    first = overflows(rows)
    norms = rows["gradient_norm"].astype(float)
    height = norms[np.isfinite(norms)].max() if np.isfinite(norms).any() else 1.0
    hover = "the gradient norm is not finite"
    return overflow_marks(cell, first, [height] * len(first), [hover] * len(first))
