"""Train short, test long: accuracy against the length tested, a line per length trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.ladder import rungs
from dashboard.figures.layout import LengthAxis, Trace, new_figure, numbers
from dashboard.figures.marks import add_ladder
from dashboard.figures.style import cell_style, in_order

HEIGHT = 380
FAINTEST = 0.35


@dataclass(frozen=True)
class Line:
    """Mean held-out accuracy over seeds of one cell that was trained at one length."""

    cell: str
    trained: int
    tested: tuple[int, ...]
    accuracy: tuple[float, ...]
    seeds: int


def generalisation_by_length(
    generalisation: pd.DataFrame,
    *,
    baselines: pd.DataFrame,
    cells: Sequence[str] = (),
    log_length: bool = True,
) -> go.Figure:
    """The colour is the cell; the longer the trained length, the stronger the line.

    A mark stands where a line is tested at the length that it was trained at.
    """
    found = lines(generalisation)
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
        yaxis={"title": "held-out accuracy", "range": [-0.03, 1.04], "dtick": 0.2},
    )
    add_ladder(figure, rungs(baselines, "accuracy"), "accuracy", axis.ends())
    trained = sorted({line.trained for line in found})
    for cell in in_order([*cells, *(line.cell for line in found)]):
        for line in (line for line in found if line.cell == cell):
            figure.add_trace(_trace(line, trained))
    return figure


def lines(generalisation: pd.DataFrame) -> list[Line]:
    """What is drawn: of each model its last step, averaged over seeds."""
    models = ["cell", "length", "seed"]
    last = generalisation.groupby(models)["step"].transform("max")
    table = generalisation[generalisation["step"] == last]
    found = []
    for _, rows in table.groupby(["cell", "length"]):
        means = rows.groupby("test_length", as_index=False)["accuracy"].mean()
        found.append(
            Line(
                str(rows["cell"].iloc[0]),
                int(rows["length"].iloc[0]),
                tuple(int(tested) for tested in means["test_length"]),
                tuple(float(mean) for mean in means["accuracy"]),
                int(rows["seed"].nunique()),
            )
        )
    return found


def _trace(line: Line, trained: Sequence[int]) -> Trace:
    style = cell_style(line.cell)
    fading = (1 - FAINTEST) / max(len(trained) - 1, 1)
    shorter_than = len(trained) - 1 - trained.index(line.trained)
    return {
        "type": "scatter",
        "uid": f"{line.cell}/trained at {line.trained}",
        "legendgroup": line.cell,
        "name": style.label,
        "showlegend": not shorter_than,
        "x": list(line.tested),
        "y": numbers(line.accuracy),
        "mode": "lines+markers",
        "opacity": 1 - fading * shorter_than,
        "line": {"color": style.color, "dash": style.dash, "width": 2.5},
        "marker": {
            "color": style.color,
            "symbol": style.symbol,
            "line": {"width": 0},
            "size": [12 if tested == line.trained else 4 for tested in line.tested],
        },
        "hovertemplate": f"{style.label} · trained at T = {line.trained} · tested at %{{x}} · "
        f"mean accuracy %{{y:.3f}} over {line.seeds} seeds<extra></extra>",
    }
