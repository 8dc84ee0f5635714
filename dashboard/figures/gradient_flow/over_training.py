"""Diagnostics over training: one of them for every cell, or one cell's answer symbol by symbol."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE
from dashboard.figures.layout import ACCURACY, Trace, add_level, belongs, log_ticks, remark
from dashboard.figures.lines import (
    each_seed,
    mean_line,
    overflow_marks,
    points,
    steps_figure,
)
from dashboard.figures.style import cell_style, in_order, translucent
from models.analysis.over_training import mean_by_step, thin
from models.analysis.statistics import median_over_seeds
from models.analysis.words import number
from models.cells import CELLS
from models.settings import spec

SYMBOL = "accuracy_part_"
"""Begins the diagnostic that is the accuracy of one symbol of the answer, with its number."""
OVERFLOWS = {
    "overflow_state_t": "state not finite from t = {:.0f}",
    "overflow_gradient_t": "gradient not finite from t = {:.0f} backwards",
}
"""The diagnostics that say where in the sequence a model overflowed, in words."""
FAINTEST = 0.45
"""Opacity of the earliest symbol's line."""


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
        f"{diagnostic}/{length}/{log}",
        {"title": title, **(log_ticks(rows["value"]) if log else {})},
    )
    if reference is not None:
        ends = (0, max([1, *here["step"]]))
        add_level(figure, "reference", ends, reference, number(reference))
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


def symbols_over_training(
    diagnostics: pd.DataFrame, *, cell: str, length: int, chance: float
) -> go.Figure:
    """Held-out accuracy of each symbol of the answer; earlier symbols have fainter lines."""
    kept = (diagnostics["cell"] == cell) & (diagnostics["length"] == length)
    rows = diagnostics[kept & diagnostics["diagnostic"].str.startswith(SYMBOL)]
    numbers = rows["diagnostic"].str.removeprefix(SYMBOL).astype(int)
    figure = steps_figure(f"symbols/{cell}/{length}", ACCURACY)
    if np.isfinite(chance):
        add_level(figure, "chance", (0, max([1, *rows["step"]])), chance, "chance")
    symbols = sorted(int(number) for number in numbers.unique())
    for place, symbol in enumerate(symbols):
        line = thin(mean_by_step(rows[numbers == symbol], "value"))
        figure.add_trace(_symbol(cell, line, symbol, place, len(symbols)))
    remark(figure, cell_style(cell).label)
    return figure


def overflows(rows: pd.DataFrame) -> pd.DataFrame:
    """The overflows among the diagnostics, in words: columns cell, seed, step, text."""
    finite = np.isfinite(rows["value"].astype(float))
    found = rows[rows["diagnostic"].isin(list(OVERFLOWS)) & finite]
    words = [
        OVERFLOWS[diagnostic].format(value)
        for diagnostic, value in zip(found["diagnostic"], found["value"], strict=True)
    ]
    labelled = found[["cell", "seed", "step"]].assign(text=words)
    return labelled.groupby(["cell", "seed", "step"])["text"].agg("<br>".join).reset_index()


def ordinal(number: int) -> str:
    """A number as an ordinal: 1st, 2nd, 3rd, 4th …"""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _drawable(rows: pd.DataFrame, diagnostic: str, log: bool) -> pd.DataFrame:
    """The same rows with NaN for values that have no place on the axis."""
    values = rows["value"].astype(float)
    drawable = np.isfinite(values)
    if log or diagnostic.startswith("half_life"):
        drawable &= values > 0
    return rows.assign(value=values.where(drawable))


def _has(cell: str, diagnostic: str) -> bool:
    """Whether the diagnostic can be measured of this cell, which may lack its gate or state."""
    described, _ = spec.parse("cell", cell, CELLS)
    kind, _, name = diagnostic.rpartition("_")
    if kind in ("saturation", "mean", "half_life"):
        return name in (*described.gates, *described.states)
    return True


def _median(cell: str, line: pd.Series, title: str) -> Trace:
    return {
        **mean_line(cell, "median", thin(line), title),
        "mode": "lines+markers",  # a value between two gaps has no line
        "connectgaps": False,
        "marker": {"color": cell_style(cell).color, "size": 4},
    }


def _overflows(cell: str, rows: pd.DataFrame, line: pd.Series, reference: float | None) -> Trace:
    """Crosses at overflows, at the height of the last value before: an overflow has no height."""
    known = line.dropna()
    heights = []
    for step in rows["step"]:
        before = known[known.index <= step]
        last = before if len(before) else known
        heights.append(float(last.iloc[-1]) if len(last) else (reference or 1.0))
    return overflow_marks(cell, rows, heights, rows["text"].tolist())


def _symbol(cell: str, line: pd.Series, symbol: int, place: int, symbols: int) -> Trace:
    style = cell_style(cell)
    share = place / (symbols - 1) if symbols > 1 else 1.0
    name = f"{ordinal(symbol)} symbol"
    if symbols > 1 and place == 0:
        name += " (early)"
    if symbols > 1 and place == symbols - 1:
        name = "last symbol"
    return {
        **belongs(cell, f"symbol {symbol}"),
        **points(line),
        "legendgroup": f"symbol {symbol}",
        "name": name,
        "showlegend": True,
        "line": {
            "color": translucent(style.color, round(FAINTEST + (1 - FAINTEST) * share, 3)),
            "width": 1.5 + 1.5 * share,
        },
        "hovertemplate": f"{style.label} · {name} · step %{{x}} · accuracy {VALUE}<extra></extra>",
    }
