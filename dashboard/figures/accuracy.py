"""The main picture: held-out accuracy (or loss) against sequence length, every cell a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.ladder import Measure, rungs
from dashboard.figures.layout import (
    LengthAxis,
    Trace,
    belongs,
    log_ticks,
    new_figure,
    numbers,
    thinned,
)
from dashboard.figures.marks import add_ladder, guess_traces, prediction_traces, span_traces
from dashboard.figures.replay import Frame, add_replay
from dashboard.figures.solved import ROW, add_solved_axis, solved_trace
from dashboard.figures.style import cell_style, in_order
from models.results.statistics import latest, summarise

HEIGHT = 420
"""Of everything but the rows of the solved table, pixels."""
REPLAY_HEIGHT = 80
"""Of the play button and the slider."""
MOST_FRAMES = 40
JITTER = 0.008
"""Between the dots of two seeds, as a share of the length axis."""
ASIDE = 0.08
"""Between two cells, where there is only one length."""
FEWEST_SEEDS = 3
"""That have an interval: with two, Student's covers nearly the whole plot."""


@dataclass(frozen=True)
class Curve:
    """What is drawn of one cell."""

    cell: str
    means: pd.DataFrame
    """One row per length, shortest first, with the columns of ``summarise``."""
    models: pd.DataFrame
    """The last accuracy row of every model; ``beside`` is its place around its length."""
    aside: float
    """Where there is one length only, the cells stand side by side: share of the axis."""


def accuracy_by_length(
    accuracy: pd.DataFrame,
    *,
    baselines: pd.DataFrame,
    cells: Sequence[str] = (),
    spans: pd.DataFrame | None = None,
    guesses: Mapping[str, float] | None = None,
    predictions: Mapping[str, float] | None = None,
    log_length: bool = True,
    measure: Measure = "accuracy",
) -> go.Figure:
    """Means with their bands, a dot for each seed, and beneath them how many seeds solved it.

    ``accuracy`` has one learning rate for each cell and length; ``baselines`` is a ``ladder``.
    ``cells`` are listed even before their first row. ``spans`` (of ``memory_spans``), ``guesses``
    and ``predictions`` (from the gradient at birth; both cell to length) are drawn on the accuracy
    alone.
    """
    guesses, predictions = guesses or {}, predictions or {}
    found = curves(accuracy, [*cells, *guesses, *predictions])
    axis = LengthAxis.of(baselines["length"], accuracy["length"], log=log_length)
    figure = _frame(found, axis, measure)
    add_ladder(figure, rungs(baselines, measure), measure, axis.ends())
    if measure == "accuracy":
        figure.add_traces(guess_traces(guesses, axis))
        figure.add_traces(prediction_traces(predictions, axis, above=len(guesses)))
        if spans is not None:
            means = {curve.cell: curve.means for curve in found}
            figure.add_traces(span_traces(spans, means))
    figure.add_traces(_cell_traces(found, axis, measure))
    if accuracy["diverged"].any():
        figure.update_layout(legend={"title": {"text": "× diverged", "side": "top"}})
    return figure


def accuracy_replay(
    accuracy: pd.DataFrame,
    *,
    baselines: pd.DataFrame,
    cells: Sequence[str] = (),
    predictions: Mapping[str, float] | None = None,
    log_length: bool = True,
    measure: Measure = "accuracy",
) -> go.Figure:
    """The same picture over training: Play and a slider, which run in the browser alone.

    It opens on the end of training. At most 40 of the evaluations are kept.
    """
    figure = accuracy_by_length(
        accuracy,
        baselines=baselines,
        cells=cells,
        predictions=predictions,
        log_length=log_length,
        measure=measure,
    )
    everyone = [*cells, *(predictions or {}), *accuracy["cell"].unique()]
    axis = LengthAxis.of(baselines["length"], accuracy["length"], log=log_length)
    steps = sorted(int(step) for step in accuracy["step"].unique())
    frames = []
    for step in (steps[i] for i in thinned(len(steps), MOST_FRAMES)):
        found = curves(accuracy[accuracy["step"] <= step], everyone)
        frames.append(Frame(step, _cell_traces(found, axis, measure)))
    add_replay(figure, frames, REPLAY_HEIGHT)
    return figure


def curves(accuracy: pd.DataFrame, cells: Sequence[str] = ()) -> list[Curve]:
    """What is drawn of each cell, in the order of the registry."""
    models = latest(accuracy).sort_values(["length", "seed"])
    ranks = models["seed"].rank(method="dense")
    models = models.assign(beside=ranks - (1 + ranks.max()) / 2)
    means = summarise(models).sort_values("length")
    order = in_order([*cells, *accuracy["cell"].unique()])
    aside = ASIDE if accuracy["length"].nunique() == 1 else 0
    return [
        Curve(
            cell,
            means[means["cell"] == cell],
            models[models["cell"] == cell],
            aside * (place - (len(order) - 1) / 2),
        )
        for place, cell in enumerate(order)
    ]


def _frame(found: Sequence[Curve], axis: LengthAxis, measure: Measure) -> go.Figure:
    if measure == "accuracy":
        values: Trace = {"title": "held-out accuracy", "range": [-0.03, 1.04], "dtick": 0.2}
    else:
        values = {"title": "held-out loss", **log_ticks()}
    figure = new_figure(
        f"by length/{measure}/{axis.log}",
        height=HEIGHT + ROW * len(found),
        xaxis=axis.layout("sequence length T"),
        yaxis=values,
    )
    add_solved_axis(figure, len(found), HEIGHT)
    return figure


def _cell_traces(found: Sequence[Curve], axis: LengthAxis, measure: Measure) -> list[Trace]:
    """Every cell has every trace, if need be an empty one: so a frame fits the figure."""
    edge = _edge(found, measure)
    kinds = (
        [_band(curve) for curve in found] if measure == "accuracy" else [],
        [_seeds(curve, axis, measure) for curve in found],
        [_line(curve, axis, measure) for curve in found],
        [_diverged(curve, axis, measure, edge) for curve in found],
        [solved_trace(curve.cell, curve.means, row, axis) for row, curve in enumerate(found)],
    )
    return [trace for kind in kinds for trace in kind]


def _edge(found: Sequence[Curve], measure: Measure) -> float:
    """Where a model stands that has no finite value: at the worst end of the axis."""
    if measure == "accuracy":
        return 0.0
    losses = [loss for curve in found for loss in _values(curve.models, measure) if loss]
    return 2 * max(losses, default=1.0)


def _band(curve: Curve) -> Trace:
    known = curve.means[curve.means["seeds"] >= FEWEST_SEEDS]
    lengths = known["length"].tolist()
    return {
        **belongs(curve.cell, "band"),
        "x": lengths + lengths[::-1],
        "y": numbers(known["high"]) + numbers(known["low"][::-1]),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": cell_style(curve.cell).fill,
        "hoverinfo": "skip",
    }


def _line(curve: Curve, axis: LengthAxis, measure: Measure) -> Trace:
    style = cell_style(curve.cell)
    column = "mean" if measure == "accuracy" else "mean_loss"
    values = _positive(curve.means[column], measure)
    trace: Trace = {
        **belongs(curve.cell, "mean"),
        "name": style.label,
        "showlegend": True,
        "x": [axis.shift(length, curve.aside) for length in curve.means["length"]] or [None],
        "y": values or [None],  # an empty trace would have no place in the legend
        "mode": "lines+markers",
        "line": {"color": style.color, "dash": style.dash, "width": 2.5},
        "marker": {"color": style.color, "symbol": style.symbol, "size": 9},
        "hovertext": [_told(style.label, row, measure) for _, row in curve.means.iterrows()],
        "hoverinfo": "text",
    }
    means = curve.means[curve.means["seeds"] >= FEWEST_SEEDS]
    if measure == "accuracy" and len(curve.means) == 1:  # a band over one length has no width
        trace["error_y"] = {
            "array": numbers(means["high"] - means["mean"]),
            "arrayminus": numbers(means["mean"] - means["low"]),
            "color": style.color,
            "thickness": 1.5,
        }
    return trace


def _seeds(curve: Curve, axis: LengthAxis, measure: Measure) -> Trace:
    style = cell_style(curve.cell)
    models = curve.models[~curve.models["diverged"].astype(bool)]
    return {
        **belongs(curve.cell, "seeds"),
        **_dots(curve, models, axis),
        "y": _values(models, measure),
        "mode": "markers",
        "marker": {"color": style.color, "symbol": style.symbol, "size": 6, "opacity": 0.65},
        "hovertemplate": _hover(style.label, measure + " %{y:.3~f}"),
    }


def _diverged(curve: Curve, axis: LengthAxis, measure: Measure, edge: float) -> Trace:
    style = cell_style(curve.cell)
    models = curve.models[curve.models["diverged"].astype(bool)]
    values = [edge if value is None else value for value in _values(models, measure)]
    return {
        **belongs(curve.cell, "diverged"),
        **_dots(curve, models, axis),
        "y": values,
        "mode": "markers",
        "marker": {"color": style.color, "symbol": "x", "size": 9},
        "hovertemplate": _hover(style.label, "diverged"),
    }


def _dots(curve: Curve, models: pd.DataFrame, axis: LengthAxis) -> Trace:
    """Seeds side by side around their length; which length and seed, for the hover text."""
    places = zip(models["length"], models["beside"], strict=True)
    return {
        "x": [axis.shift(length, curve.aside + JITTER * beside) for length, beside in places],
        "customdata": models[["length", "seed"]].to_numpy().tolist(),
        "cliponaxis": False,
    }


def _hover(label: str, value: str) -> str:
    return f"{label} · T = %{{customdata[0]}} · seed %{{customdata[1]}} · {value}<extra></extra>"


def _values(models: pd.DataFrame, measure: Measure) -> list[float | None]:
    return _positive(models[measure], measure)


def _positive(values: pd.Series, measure: Measure) -> list[float | None]:
    """The values to draw; the loss axis is logarithmic and has no place for 0."""
    return numbers(values if measure == "accuracy" else values.where(values > 0))


def _told(label: str, row: pd.Series, measure: Measure) -> str:
    seeds = "1 seed" if row["seeds"] == 1 else f"{row['seeds']} seeds"
    if measure == "loss":
        return f"{label} · T = {row['length']} · mean loss {row['mean_loss']:.4g} over {seeds}"
    text = f"{label} · T = {row['length']} · mean accuracy {row['mean']:.3f} over {seeds}"
    if row["seeds"] >= FEWEST_SEEDS:
        return text + f"<br>95 % interval {row['low']:.2f} to {row['high']:.2f}"
    return text + f"<br>no band: that takes at least {FEWEST_SEEDS} seeds"
