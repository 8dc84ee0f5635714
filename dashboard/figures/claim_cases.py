"""The cases of a claim: the effect of every seed against the margin, and its median."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE, written
from dashboard.figures.layout import GREY, SMALL, Trace, new_figure
from models.claims.decision import NOT_SUPPORTED, SUPPORTED, UNDECIDED, Verdict

ROW, AROUND = 58, 70
"""Height of a case, and of the axis beneath all of them, pixels."""
TITLE_WIDTH = 46
"""Most letters of a line of the axis title: as many as a phone has room for."""
COLORS: dict[Verdict, str] = {SUPPORTED: "#2b78bd", NOT_SUPPORTED: "#c85a0f", UNDECIDED: GREY}
"""At least 3:1 in contrast on white and on dark, and apart for the colour-blind."""
SPREAD = 0.16
"""How far above and below the middle of their row seeds are drawn."""

Row = Mapping[Hashable, Any]


def effects(cases: pd.DataFrame, seeds: pd.DataFrame) -> go.Figure:
    """A row for each case of one effect: its seeds, the median with its interval, the margin.

    ``cases`` and ``seeds`` are tables of ``models.claims.record``. A value that is infinite, or an
    interval without an end, is drawn up to the edge.
    """
    rows = cases.to_dict("records")
    title = cases["effect"].iloc[0]
    low, high = _ends(cases, seeds)
    figure = new_figure(
        f"claim/{title}/{list(cases['case'])}",
        height=AROUND + ROW * len(rows) + 14 * (len(title) // TITLE_WIDTH),
        xaxis={"title": "<br>".join(wrap(title, TITLE_WIDTH)), "range": [low, high]},
        yaxis={
            "range": [-0.45, len(rows) - 0.25],
            "showticklabels": False,
            "showgrid": False,
            "fixedrange": True,
        },
    )
    for place, row in enumerate(reversed(rows)):
        own = seeds.loc[seeds["case"] == row["case"]]
        figure.add_traces(_case(row, own, place, low, high))
    return figure


def _ends(cases: pd.DataFrame, seeds: pd.DataFrame) -> tuple[float, float]:
    values = np.concatenate([seeds["value"].astype(float), cases["margin"].astype(float)])
    finite = values[np.isfinite(values)]
    around = 0.06 * (finite.max() - finite.min()) or 1.0
    return float(finite.min() - around), float(finite.max() + around)


def _case(row: Row, seeds: pd.DataFrame, place: int, low: float, high: float) -> list[Trace]:
    color = COLORS[row["verdict"]]
    known = seeds.dropna(subset="value").sort_values("seed")
    values = known["value"].astype(float).to_numpy()
    across = np.clip(values, low, high)
    offsets = np.linspace(-SPREAD, SPREAD, len(across)) if len(across) > 1 else np.zeros(1)
    ends = [max(row["low"], low), min(row["high"], high)]
    here = {"type": "scatter", "showlegend": False}
    name = row["case"]
    traces: list[Trace] = [
        {
            **here,
            "uid": f"{name}/margin",
            "x": [row["margin"]] * 2,
            "y": [place - 0.32, place + 0.32],
            "mode": "lines",
            "line": {"color": GREY, "dash": "dash", "width": 1.5},
            "hovertemplate": f"margin {VALUE}<extra></extra>",
            "customdata": written([row["margin"]] * 2),
        },
        {
            **here,
            "uid": f"{name}/seeds",
            "name": name,
            "x": across[: len(offsets)].tolist(),
            "y": (place + offsets[: len(across)]).tolist(),
            "mode": "markers",
            "marker": {"color": color, "size": 7, "opacity": 0.55},
            "customdata": [
                [int(seed), text] for seed, text in zip(known["seed"], written(values), strict=True)
            ],
            "hovertemplate": "seed %{customdata[0]}: %{customdata[1]}<extra></extra>",
        },
    ]
    if math.isfinite(row["median"]):
        traces += [
            {
                **here,
                "uid": f"{name}/interval",
                "x": ends,
                "y": [place] * 2,
                "mode": "lines",
                "line": {"color": color, "width": 2.5},
                "hoverinfo": "skip",
            },
            {
                **here,
                "uid": f"{name}/median",
                "x": [row["median"]],
                "y": [place],
                "mode": "markers",
                "marker": {"color": color, "size": 12, "symbol": "diamond"},
                "customdata": written([row["median"]]),
                "hovertemplate": f"median {VALUE}<extra></extra>",
            },
        ]
    silent = len(seeds) - len(known)
    words = f"{'above' if row['above'] else 'below'} in {row['holds']} of {row['seeds']}"
    words += f", {silent} say nothing" if silent else ""
    traces.append(
        {
            **here,
            "uid": f"{name}/text",
            "x": [low],
            "y": [place + 0.42],
            "mode": "text",
            "text": [f"<b>{name}</b>  {words}"],
            "textposition": "middle right",
            "textfont": {"size": SMALL},
            "hoverinfo": "skip",
        }
    )
    return traces
