"""How well a linear probe reads the answer from the states, step by step."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.inside.gate_map import LEFT, MARK, RIGHT
from dashboard.figures.inside.gate_style import color
from dashboard.figures.layout import GREY, Trace, add_level, new_figure, numbers, step_ticks
from dashboard.figures.style import translucent

HEIGHT = 360
DASHES = ("solid", "dash", "dashdot", "longdash")
"""Dashes of the lines, by what is read; the colour is the state's."""


def probe_curve(
    table: pd.DataFrame, *, chance: float | None, informative: tuple[int, ...] = ()
) -> go.Figure:
    """Accuracy against t with its 95% interval, a line for each state and each question.

    ``table`` has the columns of ``models.diagnostics.inside.linear_probe.COLUMNS``; with
    ``operated``, the lines from before an operation are thin. The control is grey: the mean and
    the range over many shufflings of the labels.
    """
    steps = int(table["t"].max())
    figure = new_figure(
        f"probe/{steps}",
        height=HEIGHT,
        xaxis={
            "title": "time step t",
            "range": [0.5, steps + 0.5],
            "tickvals": step_ticks(steps),
            "automargin": False,
        },
        yaxis={"title": "accuracy of the probe", "range": [-0.03, 1.05], "automargin": False},
    )
    figure.update_layout(margin={"l": LEFT, "r": RIGHT, "t": 60, "b": 44})
    figure.add_traces(_control(table))
    figure.add_traces([trace for rows in _curves(table) for trace in _curve(*rows)])
    if chance is not None:
        add_level(figure, "chance", [0.5, steps + 0.5], chance, "chance")
    for step in informative:
        figure.add_vline(step, line={"color": MARK, "width": 1.2})
    return figure


def _curves(table: pd.DataFrame) -> list[tuple[str, str, str, pd.DataFrame]]:
    """The state, dash, name and rows of each line."""
    asked = list(dict.fromkeys(table["reads"]))
    operated = table["operated"] if "operated" in table else pd.Series(True, index=table.index)
    found = []
    for place, reads in enumerate(asked):
        for state in dict.fromkeys(table["state"]):
            for after in sorted(set(operated)):
                chosen = (table["reads"] == reads) & (table["state"] == state)
                rows = table[chosen & (operated == after)].sort_values("t")
                name = f"from {state}" + (f", {reads}" if len(asked) > 1 else "")
                if "operated" in table:
                    name += ", after" if after else ", before"
                dash = DASHES[place % len(DASHES)] if after else "dot"
                found.append((state, dash, name, rows))
    return found


def _curve(state: str, dash: str, name: str, rows: pd.DataFrame) -> list[Trace]:
    t = rows["t"].tolist()
    shade = color(state)
    band = _band(name, t, rows["low"], rows["high"], translucent(shade, 0.16))
    line: Trace = {
        "type": "scatter",
        "uid": f"line/{name}",
        "name": name,
        "legendgroup": name,
        "x": t,
        "y": numbers(rows["accuracy"]),
        "mode": "lines",
        "line": {"color": shade, "width": 1.5 if dash == "dot" else 2.2, "dash": dash},
        "customdata": rows[["low", "high", "sequences"]].to_numpy().tolist(),
        "hovertemplate": f"t = %{{x}} · {name} · %{{y:.3f}} (%{{customdata[0]:.3f}} to "
        "%{customdata[1]:.3f}, %{customdata[2]} sequences)<extra></extra>",
    }
    return [band, line]


def _band(name: str, t: list[int], low: pd.Series, high: pd.Series, fill: str) -> Trace:
    return {
        "type": "scatter",
        "uid": f"band/{name}",
        "legendgroup": name,
        "showlegend": False,
        "x": [*t, *t[::-1]],
        "y": [*numbers(high), *numbers(low)[::-1]],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": fill,
        "hoverinfo": "skip",
    }


def _control(table: pd.DataFrame) -> list[Trace]:
    """The control over all states that are drawn, after an operation where there was one."""
    rows = table[table["operated"]] if "operated" in table else table
    found = rows.groupby("t").agg(
        {"shuffled": "mean", "shuffled_low": "min", "shuffled_high": "max"}
    )
    t = [int(step) for step in found.index]
    fill = translucent(GREY, 0.16)
    line: Trace = {
        "type": "scatter",
        "uid": "line/control",
        "name": "shuffled labels",
        "legendgroup": "control",
        "x": t,
        "y": numbers(found["shuffled"]),
        "mode": "lines",
        "line": {"color": GREY, "width": 2},
        "hovertemplate": "t = %{x} · shuffled labels, mean %{y:.3f}<extra></extra>",
    }
    return [_band("control", t, found["shuffled_low"], found["shuffled_high"], fill), line]
