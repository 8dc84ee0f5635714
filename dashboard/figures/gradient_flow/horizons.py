"""How far back a cell's memory reaches: by its gradient, and by what changes its answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE, written
from dashboard.figures.layout import (
    AT_THE_BOTTOM,
    AXIS,
    GREY,
    POWERS,
    SMALL,
    LengthAxis,
    Trace,
    belongs,
    new_figure,
    numbers,
    remark,
    thinned,
    titled,
)
from dashboard.figures.lines import cell_line
from dashboard.figures.style import cell_style, in_order
from models.analysis.median_profile import Profile, profile
from models.analysis.statistics import median_over_seeds
from models.analysis.words import count

HEIGHT = 380
HEIGHT_OF_TWO = 520
MOST_POINTS = 250
BESIDE = 0.016
"""Distance between two cells, as a share of the length axis."""
NONE = 0.5
"""The place of a horizon of 0 steps on the log axis."""
BY = {"gradient": "horizon_by_gradient", "behaviour": "horizon_by_behaviour"}
"""The diagnostic of each kind of horizon."""


def horizons(
    diagnostics: pd.DataFrame,
    *,
    lengths: Sequence[int] = (),
    cells: Sequence[str] = (),
) -> go.Figure:
    """Memory horizons against sequence length, medians over seeds.

    Open marks are by gradient, filled ones by behaviour; a thin line joins the two of a model. The
    grey line is the longest horizon that can be measured, T - 1.
    """
    rows = diagnostics[diagnostics["diagnostic"].isin(BY.values())]
    if lengths:
        rows = rows[rows["length"].isin(lengths)]
    axis = LengthAxis.of(lengths, rows["length"], log=True)
    figure = new_figure(
        "horizons",
        height=HEIGHT,
        xaxis=axis.layout("sequence length T"),
        yaxis={"title": "memory horizon, steps back", **_steps_back(axis)},
    )
    remark(figure, "open: by gradient", "filled: by behaviour")
    figure.add_trace(_longest(axis))
    table = horizon_table(rows)
    order = in_order([*cells, *rows["cell"]])
    for place, cell in enumerate(order):
        aside = BESIDE * (place - (len(order) - 1) / 2)
        figure.add_traces(_pairs(cell, table[table["cell"] == cell], axis, aside))
    return figure


def influence_by_lag(
    influence: pd.DataFrame, gradients: pd.DataFrame, *, length: int, cells: Sequence[str] = ()
) -> go.Figure:
    """The share of answers that another input changes, above the gradient profile.

    Both stand over the steps back from the end. The profile is of the latest evaluation, divided by
    its value at the end.
    """
    changed = influence[influence["length"] == length]
    rows = gradients[(gradients["length"] == length) & (gradients["state"] == "h")]
    figure = new_figure(
        f"influence/{length}",
        height=HEIGHT_OF_TWO,
        xaxis={
            "title": "steps back from the end, T − t",
            "range": [-0.02 * length, 1.02 * length],
            **AT_THE_BOTTOM,
        },
        yaxis={
            "title": "answers that change",
            "range": [-0.03, 1.04],
            "tickformat": ".0%",
            "domain": [0.44, 1],
        },
    )
    norm = {"title": "‖∂L/∂h<sub>t</sub>‖ / ‖∂L/∂h<sub>T</sub>‖", **POWERS}
    figure.update_layout(yaxis2={**AXIS, **titled(norm, 6), "domain": [0, 0.38]})
    for cell in in_order([*cells, *changed["cell"], *rows["cell"]]):
        figure.add_trace(_influence(cell, changed[changed["cell"] == cell], length))
        figure.add_trace(_gradient(cell, profile(rows[rows["cell"] == cell], "now")))
    return figure


def horizon_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each cell, length and kind of horizon at the latest evaluation.

    Columns: cell, length, by (gradient or behaviour), low, median and high over seeds, seeds.
    """
    known = rows[np.isfinite(rows["value"].astype(float))]
    last = _last(known, ["cell", "length", "diagnostic", "seed", "learning_rate"])
    table = median_over_seeds(last, ["cell", "length"]).sort_values(["length", "diagnostic"])
    names = {diagnostic: by for by, diagnostic in BY.items()}
    return table.assign(by=table["diagnostic"].map(names), seeds=table["known"])


def _last(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return rows.sort_values("step", kind="stable").drop_duplicates(keys, keep="last")


def _steps_back(axis: LengthAxis) -> Trace:
    """A log axis for numbers of steps, with a place for 0."""
    longest = max([10, *axis.lengths])
    marks = [m * 10**k for k in range(5) for m in (1, 2, 5) if m * 10**k <= 1.2 * longest]
    return {
        "type": "log",
        "range": [math.log10(0.8 * NONE), math.log10(1.3 * longest)],
        "tickvals": [NONE, *marks],
        "ticktext": ["0", *(f"{mark:,}" for mark in marks)],
    }


def _longest(axis: LengthAxis) -> Trace:
    low, high = axis.ends()
    lengths = np.geomspace(max(low, 1.5), high, 60) if axis.lengths else np.zeros(0)
    return {
        "type": "scatter",
        "uid": "whole sequence",
        "showlegend": False,
        "x": numbers(lengths),
        "y": numbers(lengths - 1),
        "mode": "lines+text",
        "line": {"color": GREY, "dash": "dash", "width": 1.2},
        "text": ["T − 1" if place == 20 else "" for place in range(len(lengths))],
        "textposition": "top left",
        "textfont": {"size": SMALL},
        "hoverinfo": "skip",
    }


def _pairs(cell: str, table: pd.DataFrame, axis: LengthAxis, aside: float) -> list[Trace]:
    """The marks of both kinds of horizon, and the thin lines that join them."""
    style = cell_style(cell)
    places = {length: axis.shift(int(length), aside) for length in table["length"].unique()}
    x: list[float | None] = []
    y: list[float | None] = []
    for length, both in table.groupby("length"):
        x += [places[length]] * len(both) + [None]
        y += [*_heights(both["median"]), None]
    joined: Trace = {
        **belongs(cell, "joined"),
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": style.color, "width": 1},
        "opacity": 0.6,
        "hoverinfo": "skip",
    }
    marks = (("gradient", 13, "-open"), ("behaviour", 8, ""))
    return [joined, *(_marks(cell, table, places, *mark) for mark in marks)]


def _marks(
    cell: str, table: pd.DataFrame, places: Mapping[int, float], by: str, size: int, fill: str
) -> Trace:
    style = cell_style(cell)
    own = table[table["by"] == by]
    return {
        **belongs(cell, by),
        "name": style.label,
        "showlegend": by == "behaviour",
        "x": [places[length] for length in own["length"]] or [None],
        "y": _heights(own["median"]) or [None],
        "mode": "markers",
        "marker": {
            "color": style.color,
            "symbol": style.symbol + fill,
            "size": size,
            "line": {"width": 2 if fill else 0},
        },
        "cliponaxis": False,
        "hovertext": [_hover(style.label, row) for _, row in own.iterrows()],
        "hoverinfo": "text",
    }


def _hover(label: str, row: pd.Series) -> str:
    steps = count(row["median"], "step")
    text = f"{label} · T = {row['length']} · horizon by {row['by']}: {steps} back"
    if row["seeds"] > 1:
        text += f"<br>{row['low']:g} to {row['high']:g} over {count(row['seeds'], 'seed')}"
    return text


def _heights(horizons: pd.Series) -> list[float | None]:
    return numbers(horizons.clip(lower=NONE))


def _influence(cell: str, rows: pd.DataFrame, length: int) -> Trace:
    last = _last(rows, ["seed", "learning_rate", "t"])
    shares = last["influence"].astype(float).groupby(length - last["t"]).mean()
    lags = [int(lag) for lag in shares.index]
    kept = thinned(len(lags), MOST_POINTS)
    x, y = [lags[i] for i in kept], numbers(shares.iloc[list(kept)])
    return {
        **cell_line(cell, "influence", x, y, width=2, marks=6),
        "hovertemplate": f"{cell_style(cell).label} · changing the input %{{x}} steps back "
        "changes %{y:.1%} of the answers<extra></extra>",
    }


def _gradient(cell: str, found: Profile | None) -> Trace:
    kept = thinned(len(found.t), MOST_POINTS) if found else ()
    x = [found.t[-1] - found.t[i] for i in kept] if found else []
    shares = [found.norms[i] / found.norms[-1] for i in kept] if found else []
    return {
        **cell_line(cell, "gradient", x, numbers(shares), width=1.3),
        "customdata": written(shares),
        "showlegend": False,
        "yaxis": "y2",
        "hovertemplate": f"{cell_style(cell).label} · %{{x}} steps back · "
        f"{VALUE} of the gradient at T<extra></extra>",
    }
