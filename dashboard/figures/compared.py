"""Several runs in one figure: the colour is the cell's, dash and mark are the run's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.gradient_flow.profile import profile_figure
from dashboard.figures.hover import VALUE, written
from dashboard.figures.layout import ACCURACY, LengthAxis, Trace, new_figure, numbers, thinned
from dashboard.figures.lines import steps_figure
from dashboard.figures.race.accuracy import FEWEST_SEEDS
from dashboard.figures.race.marks import add_ladder
from dashboard.figures.style import cell_style, in_order
from models.analysis.cell_style import RUN_DASHES, RUN_SYMBOLS
from models.analysis.ladder import rungs
from models.analysis.median_profile import profile
from models.analysis.over_training import mean_by_step, thin
from models.analysis.statistics import summarise

HEIGHT = 360
BESIDE = 0.006
"""Distance between the marks of two runs, as a share of the length axis."""
MOST_POINTS = 200


@dataclass(frozen=True)
class Measured:
    """What a figure of several runs draws of one of them."""

    letter: str
    """Its name in the figure, which the page explains."""
    place: int
    """Which run it is on the page, from 0: it has this dash and mark in every figure."""
    accuracy: pd.DataFrame
    """At one learning rate for each cell and length."""
    gradients: pd.DataFrame


def compared_accuracy(
    runs: Sequence[Measured], cells: Iterable[str], baselines: pd.DataFrame
) -> go.Figure:
    """Mean held-out accuracy by length of these cells of every run, with its interval."""
    axis = LengthAxis.of(baselines["length"], log=True)
    figure = new_figure(
        "compared/accuracy", height=HEIGHT, xaxis=axis.layout("sequence length T"), yaxis=ACCURACY
    )
    add_ladder(figure, rungs(baselines, "accuracy"), "accuracy", axis.ends(), side="left")
    for cell, run in _lines(runs, cells):
        rows = summarise(run.accuracy[run.accuracy["cell"] == cell])
        if rows.empty:
            continue
        shift = BESIDE * (run.place - (len(runs) - 1) / 2)
        known = rows["seeds"] >= FEWEST_SEEDS
        low, high = rows["low"].where(known), rows["high"].where(known)
        trace = _line(cell, run, [axis.shift(length, shift) for length in rows["length"]])
        trace |= {
            "y": numbers(rows["mean"]),
            "customdata": [[int(length)] for length in rows["length"]],
            "error_y": {
                "array": numbers(high - rows["mean"]),
                "arrayminus": numbers(rows["mean"] - low),
                "thickness": 1,
                "width": 3,
            },
            "hovertemplate": f"{_name(cell, run)} · T = %{{customdata[0]}} · mean accuracy "
            "%{y:.3f}<extra></extra>",
        }
        figure.add_trace(trace)
    return figure


def compared_learning(runs: Sequence[Measured], cells: Iterable[str], length: int) -> go.Figure:
    """Mean held-out accuracy over training of these cells of every run, at one length."""
    figure = steps_figure(f"compared/learning/{length}", ACCURACY)
    for cell, run in _lines(runs, cells):
        rows = run.accuracy[(run.accuracy["cell"] == cell) & (run.accuracy["length"] == length)]
        if rows.empty:
            continue
        line = thin(mean_by_step(rows, "accuracy"))
        trace = _line(cell, run, [int(step) for step in line.index], marks=5)
        trace |= {
            "y": numbers(line),
            "customdata": written(line),
            "hovertemplate": f"{_name(cell, run)} · step %{{x}} · mean accuracy {VALUE}"
            "<extra></extra>",
        }
        figure.add_trace(trace)
    return figure


def compared_profiles(runs: Sequence[Measured], cells: Iterable[str], length: int) -> go.Figure:
    """The latest gradient profile ‖∂L/∂h_t‖ of these cells of every run, at one length."""
    figure = profile_figure(length, "h", False, "at the latest evaluation")
    figure.update_layout(height=HEIGHT)
    for cell, run in _lines(runs, cells):
        rows = run.gradients[(run.gradients["cell"] == cell) & (run.gradients["state"] == "h")]
        found = profile(rows[rows["length"] == length], "now")
        if found is None:
            continue
        kept = thinned(len(found.t), MOST_POINTS)
        norms = [found.norms[i] for i in kept]
        trace = _line(cell, run, [found.t[i] for i in kept], marks=0)
        trace |= {
            "y": numbers(norms),
            "customdata": written(norms),
            "connectgaps": False,
            "hovertemplate": f"{_name(cell, run)} · t = %{{x}} · ‖∂L/∂h‖ {VALUE}<extra></extra>",
        }
        figure.add_trace(trace)
    return figure


def _lines(runs: Sequence[Measured], cells: Iterable[str]) -> list[tuple[str, Measured]]:
    return [(cell, run) for cell in in_order(cells) for run in runs]


def _name(cell: str, run: Measured) -> str:
    return f"{run.letter} · {cell_style(cell).label}"


def _line(cell: str, run: Measured, x: Sequence[float], marks: int = 9) -> Trace:
    style = cell_style(cell)
    return {
        "type": "scatter",
        "uid": f"{cell}/{run.letter}",
        "name": _name(cell, run),
        "showlegend": True,
        "x": list(x),
        "mode": "lines+markers" if marks else "lines",
        "line": {"color": style.color, "dash": RUN_DASHES[run.place], "width": 2.2},
        "marker": {"color": style.color, "symbol": RUN_SYMBOLS[run.place], "size": marks},
        "cliponaxis": False,
    }
