"""Train short, test long: accuracy against the length tested, a line per length trained."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import ACCURACY, LengthAxis, Trace, new_figure, numbers
from dashboard.figures.lines import cell_line
from dashboard.figures.race.marks import add_ladder
from dashboard.figures.style import cell_style, in_order
from models.analysis.ladder import rungs
from models.analysis.statistics import summarise_generalisation
from models.analysis.words import count

HEIGHT = 380
FAINTEST = 0.3
"""Opacity of the faintest line."""
FADING = 0.22
"""Opacity that a line loses for each longer trained length."""


def generalisation_by_length(
    generalisation: pd.DataFrame,
    *,
    baselines: pd.DataFrame,
    cells: Sequence[str] = (),
    log_length: bool = True,
) -> go.Figure:
    """Mean accuracy against the length tested, a line for each cell and trained length.

    The colour is the cell's; the longer the trained length, the stronger the line.

    A mark stands where a line is tested at the length that it was trained at.
    """
    means = summarise_generalisation(generalisation)
    axis = LengthAxis.of(
        baselines["length"],
        generalisation["test_length"],
        generalisation["length"],
        log=log_length,
    )
    figure = new_figure(
        f"generalisation/{log_length}",
        height=HEIGHT,
        xaxis=axis.layout("sequence length tested"),
        yaxis=ACCURACY,
    )
    add_ladder(figure, rungs(baselines, "accuracy"), "accuracy", axis.ends(), side="left")
    trained = [int(length) for length in means["length"].unique()]
    for cell in in_order([*cells, *means["cell"]]):
        own = means[means["cell"] == cell]
        lengths = [length for length in trained if length in set(own["length"])]
        for length in lengths:
            rows = own[own["length"] == length]
            fading = sum(longer > length for longer in trained)
            figure.add_trace(_trace(cell, rows, fading, named=length == max(lengths)))
    return figure


def _trace(cell: str, rows: pd.DataFrame, fading: int, named: bool) -> Trace:
    """The line of one cell and trained length.

    ``fading`` is how many trained lengths are longer. One line of each cell is ``named``.
    """
    style = cell_style(cell)
    trained = int(rows["length"].iloc[0])
    seeds = count(rows["seeds"].max(), "seed")
    line = cell_line(
        cell, f"trained at {trained}", rows["test_length"].tolist(), numbers(rows["mean"]), marks=4
    )
    line["marker"] |= {
        "size": [12 if tested == trained else 4 for tested in rows["test_length"]],
        "line": {"width": 0},
    }
    return line | {
        "showlegend": named,
        "opacity": max(FAINTEST, 1 - FADING * fading),
        "hovertemplate": f"{style.label} · trained at T = {trained} · tested at %{{x}} · "
        f"mean accuracy %{{y:.3f}} over {seeds}<extra></extra>",
    }
