"""Heat maps of all units' gates and states over time, beneath the sequence they answer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.cluster.hierarchy import leaves_list, linkage

from dashboard.figures.hover import written
from dashboard.figures.inside.gate_style import GateRoles, described
from dashboard.figures.layout import (
    AT_THE_BOTTOM,
    PLAIN,
    SMALL,
    TRANSPARENT,
    Trace,
    new_figure,
    numbers,
    step_ticks,
    thinned,
)
from dashboard.figures.sequence import ROW, example_sequence, fits, runs
from models.analysis.words import number
from models.tasks.task import Example

Order = Literal["time constant", "selectivity", "similarity", "number"]
ORDERS: tuple[Order, ...] = ("time constant", "selectivity", "similarity", "number")

LEFT, RIGHT = 46, 62
"""Margins, pixels, of all figures that share this one's time axis."""
GAP = 30
"""Space between two maps, pixels: the name of the lower one stands there."""
BOTTOM = 44
UNIT = 5
"""Height of one unit's row, pixels, within the bounds of a map's height."""
MIN_HEIGHT, MAX_HEIGHT = 84, 190
"""Bounds of a map's height, pixels."""
MOST_COLUMNS = 400
MOST_MARKED = 12
"""Most runs of informative steps that are marked through all maps; more show in the strip alone."""
OPEN = "Viridis"
"""Colour scale of values from 0 to 1."""
SIGNED = [[0, "#105dd1"], [0.5, "rgba(128,132,149,0.1)"], [1, "#c0212d"]]
"""Colour scale of values that may be negative: around 0 the page shows through."""
FULL = 3.0
"""Largest end of the scale of a memory that is read through a tanh, which is flat from there."""
MARK = "rgba(230,159,0,0.8)"


@dataclass(frozen=True)
class _Row:
    """Where one of the maps stands, as shares of the plot's height."""

    low: float
    high: float


def unit_order(
    by: Order, units: pd.DataFrame, values: Mapping[str, np.ndarray], roles: GateRoles
) -> list[int]:
    """The units, counted from 1, in the order in which they stand from the top downwards.

    Where there is nothing to sort by, they are sorted by number. ``units`` is the table of
    ``models.diagnostics.inside.gate_trace.specialisation``, ``values`` are (T, H) by name.
    """
    hidden = next(iter(values.values())).shape[1]
    if by == "similarity" and hidden > 2:
        return _similar(values)
    column = {"time constant": "time_constant", "selectivity": "selectivity"}.get(by)
    gate = roles.keep if by == "time constant" else roles.selective
    rows = units[units["gate"] == gate]
    if column is None or len(rows) != hidden:
        return list(range(1, hidden + 1))
    sizes = rows.set_index("unit")[column].abs()
    return [int(unit) for unit in sizes.sort_values(ascending=False, kind="stable").index]


def gate_map(
    t: Sequence[int],
    values: Mapping[str, np.ndarray],
    *,
    roles: GateRoles,
    order: Sequence[int],
    example: Example | None = None,
    answer: str = "",
    event: str = "",
) -> go.Figure:
    """A heat map (units × time) for each of ``values``, (T, H) by name, under the example's strip.

    ``order`` is that of ``unit_order``, ``answer`` the model's to the example. ``event`` names what
    is at t = 0 where sequences were aligned on it. The chosen unit and step are marked in the
    browser, see ``gate_player.js``.
    """
    rows = 0 if example is None else 1 if fits(example) else 2
    height = min(max(UNIT * len(order), MIN_HEIGHT), MAX_HEIGHT)
    heights = [ROW * rows] * bool(rows) + [height] * len(values)
    places = _stacked(heights)
    figure = new_figure(
        f"gate map/{list(values)}/{len(order)}/{t[0]}/{t[-1]}",
        height=sum(heights) + GAP * len(heights) + BOTTOM,
        xaxis={
            "title": f"steps from {event}" if event else "time step t",
            "range": [t[0] - 0.5, t[-1] + 0.5],
            **AT_THE_BOTTOM,
            "automargin": False,
            **({} if event else {"tickvals": step_ticks(len(t))}),
        },
        yaxis={},
    )
    # A colour bar would push the margin, and the time axis with it.
    margin = {"l": LEFT, "r": RIGHT, "t": GAP, "b": BOTTOM, "autoexpand": False}
    figure.update_layout(margin=margin)
    if example:
        for trace in example_sequence(example).data:
            figure.add_trace({**trace.to_plotly_json(), "yaxis": "y"})
        figure.update_layout(yaxis=_hidden(places[0], [-0.5, rows - 0.5]))
        answers = f"Right answer: {example.answer}{f' · the model: {answer}' if answer else ''}"
        figure.add_annotation(**_title(answers, places[0]))
    for place, (name, table) in enumerate(values.items(), start=1 + bool(example)):
        figure.add_trace(_heat(name, t, table, order, roles, places[place - 1], place))
        figure.update_layout({f"yaxis{place if place > 1 else ''}": _units(order, places, place)})
        figure.add_annotation(**_title(described(name), places[place - 1]))
    stacked = {"text": ROW * rows}  # large type moves the maps apart, see large_type.js
    meta = {"follows": "cell", "timed": True, "order": list(order), "stacked": stacked}
    figure.update_layout(meta=meta)
    marks = product(_marked(example, event), range(1, len(places) + 1))
    figure.update_layout(shapes=[_mark(steps, place) for steps, place in marks])
    return figure


def _similar(values: Mapping[str, np.ndarray]) -> list[int]:
    """The units ordered so that neighbours behave alike.

    They are the leaves of an average linkage over all gates and states.
    """
    tables = []
    for table in values.values():
        rows = np.nan_to_num(table.T)
        tables.append((rows - rows.mean()) / (rows.std() or 1.0))
    tree = linkage(np.concatenate(tables, axis=1), method="average", optimal_ordering=True)
    return [int(leaf) + 1 for leaf in leaves_list(tree)]


def _stacked(heights: Sequence[int]) -> list[_Row]:
    """Places for maps of these heights, from the top downwards, GAP pixels apart.

    The gap above the first is the figure's margin.
    """
    whole = sum(heights) + GAP * (len(heights) - 1)
    places, top = [], whole
    for height in heights:
        places.append(_Row(max((top - height) / whole, 0.0), top / whole))
        top -= height + GAP
    return places


def _axis(letter: str, place: int) -> str:
    return letter if place == 1 else f"{letter}{place}"


def _hidden(place: _Row, ends: Sequence[float]) -> Trace:
    return {
        "domain": [place.low, place.high],
        "range": list(ends),
        "visible": False,
        "fixedrange": True,
    }


def _units(order: Sequence[int], places: Sequence[_Row], place: int) -> Trace:
    """The vertical axis of a map."""
    return {
        "domain": [places[place - 1].low, places[place - 1].high],
        "range": [len(order) - 0.5, -0.5],
        "tickvals": [],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": False,
        "title": {"text": "units", "standoff": 24, "font": {"size": SMALL}},
    }


def _title(text: str, place: _Row) -> Trace:
    return {
        "text": text,
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": place.high,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 2,
        "align": "left",
        "bgcolor": TRANSPARENT,  # it would lie on the map above
        "showarrow": False,
    }


def _heat(
    name: str,
    t: Sequence[int],
    table: np.ndarray,
    order: Sequence[int],
    roles: GateRoles,
    row: _Row,
    place: int,
) -> Trace:
    columns = thinned(len(t), MOST_COLUMNS)
    low, high = _ends(name, table, roles)
    beyond = "≥ " if np.nanmax(np.abs(table), initial=0) > high else ""
    return {
        "type": "heatmap",
        "uid": f"map_{name}",
        "name": described(name),
        "yaxis": _axis("y", place),
        "x": [int(t[k]) for k in columns],
        "y": list(range(len(order))),
        "z": [numbers((table[k, own - 1] for k in columns), 3) for own in order],
        "zmin": low,
        "zmax": high,
        "colorscale": SIGNED if roles.signed(name) else OPEN,
        "hoverongaps": False,
        "colorbar": {
            "x": 1.01,
            "xanchor": "left",
            "y": (row.low + row.high) / 2,
            "len": row.high - row.low,
            "thickness": 10,
            "outlinewidth": 0,
            "ypad": 0,
            "tickvals": [low, (low + high) / 2, high],
            "ticktext": [
                f"{beyond.replace('≥', '≤')}{_short(low)}",
                _short((low + high) / 2),
                f"{beyond}{_short(high)}",
            ],
            "tickfont": {"size": SMALL},
        },
        **_hover(name, table[list(columns)], order),
    }


def _hover(name: str, table: np.ndarray, order: Sequence[int]) -> Trace:
    """Unit and value under the pointer; text for each point only where some value is large."""
    large = np.nanmax(np.abs(table), initial=0) >= PLAIN[1]
    start = f"t = %{{x}} · unit %{{customdata{'[0]' if large else ''}}} · {name} = "
    points = [
        [[own, text] for text in written(table[:, own - 1].tolist())]
        if large
        else [own] * len(table)
        for own in order
    ]
    value = "%{customdata[1]}" if large else "%{z:.3f}"
    return {"customdata": points, "hovertemplate": f"{start}{value}<extra></extra>"}


def _short(value: float) -> str:
    """A value in two digits beside a colour bar."""
    return number(float(f"{value:.2g}"))


def _ends(name: str, table: np.ndarray, roles: GateRoles) -> tuple[float, float]:
    """The ends of a gate's or state's colour scale."""
    if not roles.signed(name):
        return 0.0, 1.0
    finite = np.abs(table[np.isfinite(table)])
    largest = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    if roles.show and name == roles.memory:
        largest = min(largest, FULL)
    return -largest, largest


def _marked(example: Example | None, event: str) -> list[tuple[int, int]]:
    """Steps that are marked through all maps, from the first to the last of each run."""
    if event:
        return [(0, 0)]
    found = runs(example) if example else []
    return [(run.first, run.last) for run in found] if len(found) <= MOST_MARKED else []


def _mark(steps: tuple[int, int], place: int) -> Trace:
    """Marks steps in one map: a mark through all of them would strike their names out."""
    return {
        "type": "rect",
        "x0": steps[0] - 0.5,
        "x1": steps[1] + 0.5,
        "y0": 0,
        "y1": 1,
        "yref": f"{_axis('y', place)} domain",
        "line": {"color": MARK, "width": 1.2},
        "fillcolor": "rgba(0,0,0,0)",
    }
