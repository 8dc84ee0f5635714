"""An example sequence of a task as a strip: a box for each step, the informative ones marked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import plotly.graph_objects as go

from dashboard.figures.layout import SMALL, Trace, new_figure, step_ticks
from models.tasks.task import Example

ROW = 28
"""Height of the strip, and of the names above it, pixels."""
PICTURE = 130
"""Height of the picture, pixels."""
AROUND = 104
"""Height of answer, ticks and title, pixels."""
MARKED = "rgba(230,159,0,0.55)"
DARK = "rgba(230,159,0,0.06)"
DARKEST = 0.1
"""A dark pixel on a scale from 0, an uninformative step, to 1, an informative or bright one."""
UNINFORMATIVE = "rgba(128,132,149,0.18)"
SCALE = [[0, UNINFORMATIVE], [DARKEST, DARK], [1, MARKED]]
MOST_CHARACTERS = 44
"""Most characters in a strip of 330 pixels; with more, only the marked steps are named."""
BESIDE = 2 * "\N{NO-BREAK SPACE}"
"""Stands between a step and its name: the step may be framed."""
MOST_CHARACTERS_OF_RUN = 24
"""Most characters of a run's name; a longer one is named by its steps."""


@dataclass(frozen=True)
class Run:
    """Neighbouring informative steps, counted from 1."""

    first: int
    last: int
    text: str


def example_sequence(example: Example) -> go.Figure:
    """The strip of a sequence, with symbols inside where they fit, and the answer above it."""
    steps = len(example.symbols)
    rows = 1 if fits(example) else 2
    figure = new_figure(
        f"sequence/{steps}",
        height=AROUND + ROW * rows,
        xaxis={
            "title": "time step t",
            "range": [0.5, steps + 0.5],
            "tickvals": step_ticks(steps),
            "fixedrange": True,
        },
        yaxis={"range": [-0.5, rows - 0.5], "visible": False, "fixedrange": True},
    )
    figure.add_traces([_strip(example), _texts(example)])
    figure.add_annotation(
        text=f"Right answer: {example.answer}",
        x=0,
        y=1,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        align="left",
        showarrow=False,
    )
    figure.update_layout(margin={"t": 30})
    return figure


def example_picture(example: Example) -> go.Figure:
    """The picture whose pixels are the sequence."""
    rows, columns = len(example.picture), len(example.picture[0])
    nothing: Trace = {"visible": False, "fixedrange": True}
    figure = new_figure(
        "picture",
        height=PICTURE,
        xaxis={**nothing, "range": [-0.5, columns - 0.5], "constrain": "domain"},
        yaxis={**nothing, "range": [rows - 0.5, -0.5], "scaleanchor": "x"},
    )
    figure.add_heatmap(
        uid="picture",
        z=example.picture,
        zmin=0,
        zmax=1,
        colorscale=[[0, DARK], [1, MARKED]],
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    figure.update_layout(xaxis_constraintoward="left", margin={"t": 0, "b": 0})
    return figure


def runs(example: Example) -> list[Run]:
    """The informative steps, neighbours together."""
    found = []
    numbered = enumerate(zip(example.symbols, example.informative, strict=True), start=1)
    for informative, group in groupby(numbered, key=lambda step: step[1][1]):
        if informative:
            steps = list(group)
            first, last = steps[0][0], steps[-1][0]
            text = " ".join(symbol for _, (symbol, _) in steps)
            if len(text) > MOST_CHARACTERS_OF_RUN:
                text = f"steps {first} to {last}"
            found.append(Run(first, last, text))
    return found


def fits(example: Example) -> bool:
    """Whether every symbol can stand in its box."""
    return len(example.symbols) * (max(map(len, example.symbols)) + 1) <= MOST_CHARACTERS


def _strip(example: Example) -> Trace:
    steps = range(1, len(example.symbols) + 1)
    notes = [", matters" if informative else "" for informative in example.informative]
    return {
        "type": "heatmap",
        "uid": "strip",
        "x": list(steps),
        "y": [0],
        "z": [_shades(example)],
        "zmin": 0,
        "zmax": 1,
        "colorscale": SCALE,
        "showscale": False,
        "xgap": 1 if len(steps) <= 100 else 0,
        "hovertext": [
            [
                f"t = {t} · {symbol}{note}"
                for t, symbol, note in zip(steps, example.symbols, notes, strict=True)
            ]
        ],
        "hoverinfo": "text",
    }


def _shades(example: Example) -> list[float]:
    shades = [DARKEST + (1 - DARKEST) * brightness for brightness in example.brightness]
    return [*shades, *map(float, example.informative[len(shades) :])]


def _texts(example: Example) -> Trace:
    """The names inside the boxes, or above the marked ones, from a run's outer end inwards."""
    steps = len(example.symbols)
    if fits(example):
        places = [(t, 0, symbol, "center") for t, symbol in enumerate(example.symbols, start=1)]
    else:
        places = [
            (run.first, 1, f"{BESIDE}{run.text}", "right")
            if run.first + run.last <= steps
            else (run.last, 1, f"{run.text}{BESIDE}", "left")
            for run in runs(example)
        ]
    return {
        "type": "scatter",
        "uid": "texts",
        "x": [x for x, _, _, _ in places],
        "y": [y for _, y, _, _ in places],
        "text": [text for _, _, text, _ in places],
        "textposition": [f"middle {side}" for _, _, _, side in places],
        "mode": "text",
        "textfont": {"size": SMALL},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
