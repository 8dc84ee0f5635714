"""Diagnostics over training: one of them for every cell, or one cell's answer symbol by symbol."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import ACCURACY, Trace, belongs, level, log_ticks, remark
from dashboard.figures.lines import (
    each_seed,
    mean_by_step,
    mean_line,
    overflow_marks,
    points,
    steps_figure,
    thin,
)
from dashboard.figures.style import cell_style, in_order, translucent
from models.analysis.statistics import median_over_seeds
from models.cells import CELLS
from models.settings import spec

PART = "accuracy_part_"
OVERFLOWS = {
    "overflow_state_t": "state not finite from t = {:.0f}",
    "overflow_gradient_t": "gradient not finite from t = {:.0f} backwards",
}
"""Where in the sequence a model went wrong, in words."""
FAINTEST = 0.45


def over_training(
    diagnostics: pd.DataFrame,
    *,
    diagnostic: str,
    length: int,
    cells: Sequence[str] = (),
    title: str,
    reference: float | None = None,
    log: bool = False,
) -> go.Figure:
    """One diagnostic against training steps: the median over seeds, each seed faint.

    ``log`` is for a log axis. Where a value is not finite, or is negative on a log axis or as a
    half-life (there it is a doubling time), the line has a gap. A model that overflows has a cross
    at the step where it did.
    """
    here = diagnostics[diagnostics["length"] == length]
    rows = here[here["diagnostic"] == diagnostic]
    medians = median_over_seeds(rows, ["cell", "step"]).rename(columns={"median": "value"})
    medians = _drawable(medians, diagnostic, log).sort_values("step").set_index("step")
    rows = _drawable(rows, diagnostic, log)
    broken = overflows(here)
    figure = steps_figure(
        f"{diagnostic}/{length}/{log}", {"title": title, **(log_ticks() if log else {})}
    )
    if reference is not None:
        ends = (0, max([1, *here["step"]]))
        figure.add_trace(level("reference", ends, reference, f"{reference:g}"))
    if len(broken):
        remark(figure, "× overflow")
    having = [cell for cell in cells if _has(cell, diagnostic)]
    for cell in in_order([*having, *rows["cell"]]):
        own = rows[rows["cell"] == cell]
        line = medians.loc[medians["cell"] == cell, "value"]
        figure.add_trace(each_seed(cell, own, "value", title))
        figure.add_trace(_median(cell, line, title))
        figure.add_trace(_overflows(cell, broken[broken["cell"] == cell], line, reference))
    return figure


def parts_over_training(
    diagnostics: pd.DataFrame, *, cell: str, length: int, chance: float
) -> go.Figure:
    """Held-out accuracy of each symbol of the answer: the earlier in the sequence, the fainter."""
    kept = (diagnostics["cell"] == cell) & (diagnostics["length"] == length)
    rows = diagnostics[kept & diagnostics["diagnostic"].str.startswith(PART)]
    numbers = rows["diagnostic"].str.removeprefix(PART).astype(int)
    figure = steps_figure(f"parts/{cell}/{length}", ACCURACY)
    if np.isfinite(chance):
        figure.add_trace(level("chance", (0, max([1, *rows["step"]])), chance, "chance"))
    parts = sorted(int(part) for part in numbers.unique())
    for place, part in enumerate(parts):
        line = thin(mean_by_step(rows[numbers == part], "value"))
        figure.add_trace(_part(cell, line, part, place, len(parts)))
    remark(figure, cell_style(cell).label)
    return figure


def overflows(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns cell, seed, step, text: each overflow of the diagnostics, in words."""
    finite = np.isfinite(rows["value"].astype(float))
    found = rows[rows["diagnostic"].isin(list(OVERFLOWS)) & finite]
    words = [
        OVERFLOWS[diagnostic].format(value)
        for diagnostic, value in zip(found["diagnostic"], found["value"], strict=True)
    ]
    labelled = found[["cell", "seed", "step"]].assign(text=words)
    return labelled.groupby(["cell", "seed", "step"])["text"].agg("<br>".join).reset_index()


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _drawable(rows: pd.DataFrame, diagnostic: str, log: bool) -> pd.DataFrame:
    """The same rows with NaN for values that have no place."""
    values = rows["value"].astype(float)
    drawable = np.isfinite(values)
    if log or diagnostic.startswith("half_life"):
        drawable &= values > 0
    return rows.assign(value=values.where(drawable))


def _has(cell: str, diagnostic: str) -> bool:
    """Whether it can be measured of this cell: gates and states are not the same for all."""
    described, _ = spec.parse("cell", cell, CELLS)
    kind, _, part = diagnostic.rpartition("_")
    if kind in ("saturation", "mean", "half_life"):
        return part in (*described.gates, *described.states)
    return True


def _median(cell: str, line: pd.Series, title: str) -> Trace:
    return {
        **mean_line(cell, "median", thin(line), f"{title} %{{y:.3~f}}"),
        "mode": "lines+markers",  # a value between two gaps has no line
        "connectgaps": False,
        "marker": {"color": cell_style(cell).color, "size": 4},
    }


def _overflows(cell: str, rows: pd.DataFrame, line: pd.Series, reference: float | None) -> Trace:
    """At the height of the last value that has one: the overflow itself has none."""
    known = line.dropna()
    heights = []
    for step in rows["step"]:
        before = known[known.index <= step]
        last = before if len(before) else known
        heights.append(float(last.iloc[-1]) if len(last) else (reference or 1.0))
    return overflow_marks(cell, rows, heights, rows["text"].tolist())


def _part(cell: str, line: pd.Series, part: int, place: int, parts: int) -> Trace:
    style = cell_style(cell)
    share = place / (parts - 1) if parts > 1 else 1.0
    name = f"{ordinal(part)} symbol"
    if parts > 1 and place == 0:
        name += " (early)"
    if parts > 1 and place == parts - 1:
        name = "last"
    return {
        **belongs(cell, f"part {part}"),
        **points(line),
        "legendgroup": f"part {part}",
        "name": name,
        "showlegend": True,
        "line": {
            "color": translucent(style.color, round(FAINTEST + (1 - FAINTEST) * share, 3)),
            "width": 1.5 + 1.5 * share,
        },
        "hovertemplate": f"{style.label} · {name} · step %{{x}} · accuracy %{{y:.3~f}}"
        "<extra></extra>",
    }
