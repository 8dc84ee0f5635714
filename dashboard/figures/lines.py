"""Lines of cells, and lines over training steps: what learning curves and diagnostics share."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE, written
from dashboard.figures.layout import Trace, belongs, new_figure, numbers
from dashboard.figures.style import cell_style
from models.analysis.over_training import thin

HEIGHT = 340


def cell_line(
    cell: str,
    kind: str,
    x: Sequence[float | None] = (),
    y: Sequence[float | None] = (),
    *,
    width: float = 2.5,
    marks: float = 0,
) -> Trace:
    """A line in the colour and dash of a cell, with its place in the legend.

    ``kind`` tells the lines of one cell apart. ``marks`` is the size of the marks at its points,
    pixels; 0 is none.
    """
    style = cell_style(cell)
    trace: Trace = {
        **belongs(cell, kind),
        "name": style.label,
        "showlegend": True,
        # An empty trace would have no place in the legend.
        "x": list(x) or [None],
        "y": list(y) or [None],
        "mode": "lines+markers" if marks else "lines",
        "line": {"color": style.color, "dash": style.dash, "width": width},
    }
    if marks:
        trace["marker"] = {"color": style.color, "symbol": style.symbol, "size": marks}
    return trace


def steps_figure(name: str, yaxis: Trace) -> go.Figure:
    """An empty figure over training steps."""
    xaxis = {"title": "training step", "rangemode": "tozero", "nticks": 7}
    figure = new_figure(name, height=HEIGHT, xaxis=xaxis, yaxis=yaxis)
    return figure.update_layout(meta={"over": "training"})


def points(line: pd.Series) -> Trace:
    """The points of a trace from a series over training steps; hover texts know the values."""
    steps: list[int | None] = [int(step) for step in line.index]
    # As in cell_line: the place in the legend.
    return {
        "x": steps or [None],
        "y": numbers(line) or [None],
        "customdata": written(line),
        "mode": "lines",
    }


def mean_line(cell: str, kind: str, line: pd.Series, title: str, more: str = "") -> Trace:
    """A cell's mean over its seeds; hover texts name the value ``title``, and end in ``more``."""
    return {
        **cell_line(cell, kind),
        **points(line),
        "hovertemplate": f"{cell_style(cell).label} · step %{{x}} · {title} {VALUE}{more}"
        "<extra></extra>",
    }


def overflow_marks(
    cell: str, rows: pd.DataFrame, heights: Sequence[float], hover: Sequence[str]
) -> Trace:
    """Crosses where values are not finite; ``rows`` has columns seed and step.

    The values themselves have no place on the axis: the crosses stand at ``heights``.
    """
    style = cell_style(cell)
    return {
        **belongs(cell, "overflow"),
        "x": rows["step"].tolist(),
        "y": list(heights),
        "mode": "markers",
        "marker": {"color": style.color, "symbol": "x", "size": 9},
        "cliponaxis": False,
        "hovertext": [
            f"{style.label} · seed {seed} · step {step}<br>{text}"
            for seed, step, text in zip(rows["seed"], rows["step"], hover, strict=True)
        ],
        "hoverinfo": "text",
    }


def each_seed(cell: str, rows: pd.DataFrame, column: str, title: str) -> Trace:
    """The lines of all seeds as one faint trace with gaps; ``title`` names what is drawn."""
    style = cell_style(cell)
    steps: list[int | None] = []
    values: list[float | None] = []
    names: list[str] = []
    for seed, own in rows.sort_values("step").groupby("seed"):
        line = thin(own.set_index("step")[column])
        steps += [*(int(step) for step in line.index), None]
        values += [*numbers(line), None]
        names += [str(seed)] * (len(line) + 1)
    return {
        **belongs(cell, "seeds"),
        "x": steps,
        "y": values,
        "customdata": list(zip(names, written(values), strict=True)),
        "mode": "lines",
        "line": {"color": style.color, "width": 1},
        "opacity": 0.5,
        "hovertemplate": f"{style.label} · seed %{{customdata[0]}} · step %{{x}} · "
        f"{title} %{{customdata[1]}}<extra></extra>",
    }
