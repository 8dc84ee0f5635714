"""The gradient before any training: profiles with their horizons, and singular values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.gradient_flow.profile import profile_cells, profile_figure, profile_trace
from dashboard.figures.hover import VALUE
from dashboard.figures.layout import (
    EXPONENTS,
    GREY,
    Trace,
    add_level,
    belongs,
    new_figure,
    numbers,
    thinned,
)
from dashboard.figures.style import cell_style, translucent
from models.analysis.median_profile import Profile, profile
from models.analysis.words import count, number_of_logarithm

HEIGHT = 340
SHARE = 0.01
"""The gradient counts as gone below this share of its value at the end."""
MOST_POINTS = 250


def initial_profiles(
    gradients: pd.DataFrame,
    *,
    length: int,
    state: str = "h",
    relative: bool = True,
    cells: Sequence[str] = (),
    horizons: Mapping[str, float] | None = None,
) -> go.Figure:
    """‖∂L/∂state_t‖ before the first step, with a mark where it is first below 1% of its end value.

    ``horizons`` says up to how many steps back it is not, cell by cell; a cell that it does not
    have, or whose gradient stays above 1% through the whole sequence, has no mark.
    """
    rows = gradients[
        (gradients["length"] == length) & (gradients["state"] == state) & (gradients["step"] == 0)
    ]
    note = f"<b>along {state}</b> · mark: less than 1% of the gradient is left"
    figure = profile_figure(length, state, relative, note)
    if relative:
        add_level(figure, "share", (1, length), SHARE, "1% of the value at T", side="left")
    for cell in profile_cells(cells, rows, state):
        found = profile(rows[rows["cell"] == cell], "now")
        figure.add_trace(profile_trace(cell, "now", found, state, relative, MOST_POINTS))
        figure.add_trace(_horizon(cell, found, relative, (horizons or {}).get(cell)))
    return figure


def singular_values(frame: pd.DataFrame, *, cell: str) -> go.Figure:
    """Singular values of ∂h_T/∂h_t against the lag T - t: their median, largest and smallest.

    ``frame`` has columns lag, index (0 the largest) and log_value, a natural logarithm; several
    rows of a place are averaged. The axis is linear in the exponent of ten, so that nothing is
    too small for it.
    """
    style = cell_style(cell)
    figure = new_figure(
        f"singular values/{cell}",
        height=HEIGHT,
        xaxis={"title": "steps back, T − t", "rangemode": "tozero", "nticks": 7},
        yaxis={
            "title": "singular values of ∂h<sub>T</sub>/∂h<sub>t</sub>",
            **EXPONENTS,
        },
    )
    fan = spread(frame)
    add_level(figure, "one", (0, max([1, *fan.index])), 0, "1: neither grows nor shrinks")
    figure.add_trace(_fan(cell, fan))
    for name, width in (("largest", 1.2), ("median", 2.5), ("smallest", 1.2)):
        figure.add_trace(
            {
                **belongs(cell, name),
                "name": f"{style.label}: median, from the smallest to the largest",
                "showlegend": name == "median",
                "x": fan.index.tolist() or [None],
                "y": numbers(fan[name]) or [None],
                "customdata": [number_of_logarithm(value) for value in fan[name]],
                "mode": "lines",
                "line": {"color": style.color, "width": width},
                "hovertemplate": f"{style.label} · %{{x}} steps back · {name} singular value "
                f"{VALUE}<extra></extra>",
            }
        )
    return figure


def spread(frame: pd.DataFrame) -> pd.DataFrame:
    """The singular values of each lag: columns smallest, median and largest, as log10.

    A value of 0 is NaN. ``frame`` is that of ``singular_values``.
    """
    logs = frame["log_value"].astype(float) / math.log(10)
    means = logs.groupby([frame["lag"], frame["index"]]).mean()
    by_lag = means.groupby(level=0).agg(["min", "median", "max"])
    by_lag.columns = pd.Index(["smallest", "median", "largest"])
    kept = thinned(len(by_lag), MOST_POINTS)
    return by_lag.iloc[list(kept)].where(np.isfinite)


def _horizon(cell: str, found: Profile | None, relative: bool, horizon: float | None) -> Trace:
    style = cell_style(cell)
    trace: Trace = {
        **belongs(cell, "horizon"),
        "x": [],
        "y": [],
        "mode": "markers",
        "marker": {
            "color": style.color,
            "symbol": style.symbol,
            "size": 10,
            "line": {"color": GREY, "width": 1},
        },
        "hovertemplate": f"{style.label} · gradient horizon: {count(horizon or 0, 'step')} "
        "back, further from the end the norm is below 1% of its value there (median over seeds)"
        "<extra></extra>",
    }
    if found is None or horizon is None or not 0 <= horizon < len(found.t) - 1:
        return trace
    end = found.norms[-1]
    first = found.norms[-2 - round(horizon)]
    height = first if math.isfinite(first) and first > 0 else SHARE * end
    return trace | {
        "x": [found.t[-2] - horizon],
        "y": numbers([height / end if relative else height]),
    }


def _fan(cell: str, fan: pd.DataFrame) -> Trace:
    known = fan.dropna(subset=["smallest", "largest"])
    lags = known.index.tolist()
    return {
        **belongs(cell, "fan"),
        "x": lags + lags[::-1],
        "y": numbers(known["largest"]) + numbers(known["smallest"][::-1]),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": translucent(cell_style(cell).color, 0.16),
        "hoverinfo": "skip",
    }
