"""The main picture: held-out accuracy (or loss) against sequence length, every cell a line."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import (
    ACCURACY,
    SMALL,
    LengthAxis,
    Trace,
    belongs,
    log_ticks,
    new_figure,
    numbers,
    remark,
)
from dashboard.figures.lines import cell_line
from dashboard.figures.race.curves import Curve, Row, curves
from dashboard.figures.race.marks import add_ladder, guess_traces, prediction_traces, span_traces
from dashboard.figures.race.question import Question, pressable
from dashboard.figures.race.solved import ROW, add_solved_axis, solved_trace
from dashboard.figures.replay import Frame, add_replay, replayed
from dashboard.figures.style import cell_style
from models.analysis.diagnoses import failed_at
from models.analysis.ladder import Measure, rungs
from models.analysis.words import count, number

HEIGHT = 310
"""Least height of the figure without the rows of the solved table, pixels."""
JITTER = 0.008
"""Distance between the dots of two seeds, as a share of the length axis."""
BESIDE = 0.008
"""Distance between the whiskers of two cells, as a share of the length axis."""
NAME_GAP = 0.085
"""Least distance of two names at the ends of lines, in accuracy: where the plot is at its lowest,
letters touch nothing."""
LETTER = 7
"""Width of a letter of such a name, pixels."""
FEWEST_SEEDS = 3
"""Fewest seeds with an interval: with two, Student's would cover nearly the whole plot."""


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
    title: str = "",
    replay: bool = False,
    asks: bool = True,
) -> go.Figure:
    """Means with their intervals, a dot for each seed, and beneath them how many seeds solved it.

    ``accuracy`` has one learning rate for each cell and length; ``baselines`` is a ``ladder``.
    ``cells`` are listed even before their first row. ``spans`` (of ``memory_spans``), ``guesses``
    and ``predictions`` (from the gradient at initialisation; both cell to length) are drawn on the
    accuracy alone. ``title`` says which run it is. With ``replay`` the figure, which is of the
    end of training, has frames for the page's clock. With ``asks``, points of a cell at a length at
    which it failed can be pressed (see ``question``).
    """
    guesses, predictions = guesses or {}, predictions or {}
    failed = failed_at(accuracy) if asks else []
    listed = [*cells, *guesses, *predictions]
    (found,) = curves(accuracy, [max([0, *accuracy["step"]])], listed)
    axis = LengthAxis.of(baselines["length"], accuracy["length"], log=log_length)
    figure = _frame(found, axis, measure)
    # At the shortest length there is most room: what is learned at all is learned there.
    add_ladder(figure, rungs(baselines, measure), measure, axis.ends(), side="left")
    if measure == "accuracy":
        figure.add_traces(guess_traces(guesses, axis))
        figure.add_traces(prediction_traces(predictions, axis, above=len(guesses)))
        if spans is not None:
            means = {curve.cell: curve.means for curve in found}
            figure.add_traces(span_traces(spans, means))
    figure.add_traces(_cell_traces(found, axis, measure, failed))
    diverged = "× diverged" if accuracy["diverged"].any() else ""
    remark(figure, *filter(None, (title, diverged)))
    if failed:
        figure.update_layout(meta={"hint": "press a point to see why it failed"})
    if replay:
        steps = replayed(accuracy["step"])
        moments = zip(steps, curves(accuracy, steps, listed), strict=True)
        frames = [Frame(step, _cell_traces(then, axis, measure, failed)) for step, then in moments]
        add_replay(figure, frames)
    return figure


def _frame(found: Sequence[Curve], axis: LengthAxis, measure: Measure) -> go.Figure:
    losses = [loss for curve in found for loss in _values(curve.models, "loss") if loss]
    values = ACCURACY if measure == "accuracy" else {"title": "held-out loss", **log_ticks(losses)}
    figure = new_figure(
        f"by length/{measure}/{axis.log}",
        height=HEIGHT + ROW * len(found),
        xaxis=axis.layout("sequence length T"),
        yaxis=values,
    )
    if measure == "accuracy":
        longest = max((len(cell_style(curve.cell).label) for curve in found), default=0)
        figure.update_layout(margin={"r": 14 + LETTER * (longest + 2)})
    add_solved_axis(figure, len(found), HEIGHT)
    return figure


def _cell_traces(
    found: Sequence[Curve], axis: LengthAxis, measure: Measure, failed: Collection[Question]
) -> list[Trace]:
    """All traces of all cells, empty ones too, so that every frame fits the figure."""
    edge = _edge(found, measure)
    accuracies = found if measure == "accuracy" else []
    heights = _name_heights(accuracies)
    kinds = (
        [_whiskers(curve, axis) for curve in accuracies],
        [_name(curve, axis, height) for curve, height in zip(accuracies, heights, strict=True)],
    )
    asking = (
        [_seeds(curve, axis, measure) for curve in found],
        [_line(curve, axis, measure) for curve in found],
        [_diverged(curve, axis, measure, edge) for curve in found],
        [solved_trace(curve.cell, curve.means, row, axis) for row, curve in enumerate(found)],
    )
    traces = [pressable(trace, failed) for kind in asking for trace in kind]
    return [*(trace for kind in kinds for trace in kind), *traces]


def _edge(found: Sequence[Curve], measure: Measure) -> float:
    """The height of a model without a finite value: at the worst end of the axis."""
    if measure == "accuracy":
        return 0.0
    losses = [loss for curve in found for loss in _values(curve.models, measure) if loss]
    return 2 * max(losses, default=1.0)


def _line(curve: Curve, axis: LengthAxis, measure: Measure) -> Trace:
    style = cell_style(curve.cell)
    column = "mean" if measure == "accuracy" else "mean_loss"
    x = [axis.shift(row["length"], curve.aside) for row in curve.means]
    y = _positive([row[column] for row in curve.means], measure)
    return {
        **cell_line(curve.cell, "mean", x, y, marks=9),
        "customdata": [[row["length"]] for row in curve.means],
        "hovertext": [_mean_hover(style.label, row, measure) for row in curve.means],
        "hoverinfo": "text",
    }


def _whiskers(curve: Curve, axis: LengthAxis) -> Trace:
    """The intervals, each cell's a little beside the others'."""
    style = cell_style(curve.cell)
    known = [row for row in curve.means if row["seeds"] >= FEWEST_SEEDS]
    shift = curve.aside or BESIDE * curve.place
    return {
        **belongs(curve.cell, "whiskers"),
        "x": [axis.shift(row["length"], shift) for row in known],
        "y": numbers(row["mean"] for row in known),
        "mode": "markers",
        "marker": {"color": style.color, "size": 1},
        "error_y": {
            "array": numbers(row["high"] - row["mean"] for row in known),
            "arrayminus": numbers(row["mean"] - row["low"] for row in known),
            "color": style.color,
            "thickness": 1.5,
            "width": 3,
        },
        "hoverinfo": "skip",
    }


def _name(curve: Curve, axis: LengthAxis, height: float | None) -> Trace:
    """The cell's name where its line ends, at this height."""
    style = cell_style(curve.cell)
    return {
        **belongs(curve.cell, "name"),
        "meta": {"beside": "the plot"},
        "x": [axis.ends()[1]],
        "y": [height],
        "mode": "text",
        "text": [f'<span style="color:{style.color}">●</span> {style.label}'],
        "textposition": "middle right",
        "textfont": {"size": SMALL},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _name_heights(found: Sequence[Curve]) -> list[float | None]:
    """Where each line ends, moved apart so that names do not cover each other."""
    ends = [curve.means[-1]["mean"] if curve.means else math.nan for curve in found]
    order = sorted((end, place) for place, end in enumerate(ends) if math.isfinite(end))
    heights = [end for end, _ in order]
    gap = min(NAME_GAP, 1 / max(len(order), 1))
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    top = 1.02
    for i in range(len(heights) - 1, -1, -1):
        top = heights[i] = min(heights[i], top)
        top -= gap
    placed = dict(zip((place for _, place in order), numbers(heights), strict=True))
    return [placed.get(place) for place in range(len(found))]


def _seeds(curve: Curve, axis: LengthAxis, measure: Measure) -> Trace:
    style = cell_style(curve.cell)
    models = [row for row in curve.models if not row["diverged"]]
    return {
        **belongs(curve.cell, "seeds"),
        **_dots(curve, models, axis),
        "y": _values(models, measure),
        "customdata": [[row["length"], row["seed"], number(row[measure])] for row in models],
        "mode": "markers",
        "marker": {"color": style.color, "symbol": style.symbol, "size": 6, "opacity": 0.65},
        "hovertemplate": _hover(style.label, measure + " %{customdata[2]}"),
    }


def _diverged(curve: Curve, axis: LengthAxis, measure: Measure, edge: float) -> Trace:
    style = cell_style(curve.cell)
    models = [row for row in curve.models if row["diverged"]]
    values = [edge if value is None else value for value in _values(models, measure)]
    return {
        **belongs(curve.cell, "diverged"),
        **_dots(curve, models, axis),
        "y": values,
        "mode": "markers",
        "marker": {"color": style.color, "symbol": "x", "size": 9},
        "hovertemplate": _hover(style.label, "diverged"),
    }


def _dots(curve: Curve, models: Sequence[Row], axis: LengthAxis) -> Trace:
    """The places of seeds side by side around their length, and both for the hover text."""
    return {
        "x": [axis.shift(row["length"], curve.aside + JITTER * row["beside"]) for row in models],
        "customdata": [[row["length"], row["seed"]] for row in models],
        "cliponaxis": False,
    }


def _hover(label: str, value: str) -> str:
    return f"{label} · T = %{{customdata[0]}} · seed %{{customdata[1]}} · {value}<extra></extra>"


def _values(models: Sequence[Row], measure: Measure) -> list[float | None]:
    return _positive([row[measure] for row in models], measure)


def _positive(values: Sequence[float], measure: Measure) -> list[float | None]:
    """The values to draw; the loss axis is logarithmic and has no place for 0."""
    if measure == "loss":
        values = [value if value > 0 else math.nan for value in values]
    return numbers(values)


def _mean_hover(label: str, row: Row, measure: Measure) -> str:
    seeds = count(row["seeds"], "seed")
    if measure == "loss":
        return f"{label} · T = {row['length']} · mean loss {number(row['mean_loss'])} over {seeds}"
    text = f"{label} · T = {row['length']} · mean accuracy {row['mean']:.3f} over {seeds}"
    if row["seeds"] >= FEWEST_SEEDS:
        return text + f"<br>95% interval {row['low']:.2f} to {row['high']:.2f}"
    return text + f"<br>whiskers need at least {FEWEST_SEEDS} seeds"
