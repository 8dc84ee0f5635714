"""The gradient profile: how strongly the loss still pulls on each step of the sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.layout import POWERS, Trace, new_figure, numbers, remark, step_ticks, thinned
from dashboard.figures.replay import Frame, add_replay
from dashboard.figures.style import cell_style, in_order
from models.cells import CELLS
from models.settings import spec

HEIGHT = 470
REPLAY_HEIGHT = 80
MOST_POINTS = 250
MOST_POINTS_OF_FRAME = 100
MOST_FRAMES = 40

HOW_TO_READ = (
    "Read from right to left: the error enters at the end of the sequence and travels back in "
    "time. A line that falls towards the left is a gradient that vanishes: the loss hardly "
    "tells the network what to do with those early steps. A line that rises explodes, a level "
    "one carries. Dotted: before the first training step. Where a line stops, the gradient is "
    "exactly 0 in single precision."
)

Phase = Literal["initialisation", "now"]


@dataclass(frozen=True)
class Profile:
    """One line: the median over seeds of ‖∂L/∂state_t‖, t from 1 to T.

    Of an even number it is the geometric mean of the two in the middle, as on a log axis.
    """

    cell: str
    step: int
    t: tuple[int, ...]
    norms: tuple[float, ...]
    """NaN where the median is 0 or not finite: it has no place on a log axis."""
    zeros: int
    """At how many t some seed's gradient is exactly 0."""


def gradient_profile(
    gradients: pd.DataFrame,
    *,
    length: int,
    state: str = "h",
    relative: bool = False,
    cells: Sequence[str] = (),
) -> go.Figure:
    """‖∂L/∂h_t‖ against t, at initialisation (dotted) and at each cell's latest step.

    With ``relative`` each line is divided by its value at t = T. A cell without this state
    (``c`` is the LSTM's) has no line.
    """
    rows = _rows(gradients, length, state)
    figure = profile_figure(length, state, relative, "dotted: at initialisation · thick: now")
    for cell in profile_cells(cells, rows, state):
        for phase in ("initialisation", "now"):
            found = profile(rows[rows["cell"] == cell], phase)
            figure.add_trace(profile_trace(cell, phase, found, state, relative, MOST_POINTS))
    return figure


def gradient_profile_replay(
    gradients: pd.DataFrame,
    *,
    length: int,
    state: str = "h",
    relative: bool = False,
    cells: Sequence[str] = (),
) -> go.Figure:
    """The same picture over training: Play and a slider, which run in the browser alone."""
    figure = gradient_profile(gradients, length=length, state=state, relative=relative, cells=cells)
    rows = _rows(gradients, length, state)
    steps = sorted(int(step) for step in rows["step"].unique())
    frames = []
    for step in (steps[i] for i in thinned(len(steps), MOST_FRAMES)):
        so_far = rows[rows["step"] <= step]
        traces = []
        for cell in profile_cells(cells, rows, state):
            found = profile(so_far[so_far["cell"] == cell], "now")
            traces.append(profile_trace(cell, "now", found, state, relative, MOST_POINTS_OF_FRAME))
        frames.append(Frame(step, traces))
    add_replay(figure, frames, REPLAY_HEIGHT)
    return figure


def profile(rows: pd.DataFrame, phase: Phase) -> Profile | None:
    """The line of one cell's rows at one length and state; None where nothing is measured."""
    steps = rows["step"]
    chosen = rows[steps == (0 if phase == "initialisation" else steps.max())]
    if chosen.empty:
        return None
    t = np.unique(chosen["t"])
    ordered = chosen.sort_values(["t", "seed"])["gradient_norm"]
    norms = ordered.to_numpy(dtype=float).reshape(len(t), -1)
    # A gradient that is not a number has overflowed; the logarithm of 0 is -inf.
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(np.isnan(norms), np.inf, norms))
        medians = np.exp(np.median(logs, axis=1))
    return Profile(
        cell=str(chosen["cell"].iloc[0]),
        step=int(chosen["step"].iloc[0]),
        t=tuple(t.tolist()),
        norms=tuple(float(norm) if 0 < norm < np.inf else np.nan for norm in medians),
        zeros=int((norms == 0).any(axis=1).sum()),
    )


def _rows(gradients: pd.DataFrame, length: int, state: str) -> pd.DataFrame:
    return gradients[(gradients["length"] == length) & (gradients["state"] == state)]


def profile_cells(cells: Sequence[str], rows: pd.DataFrame, state: str) -> list[str]:
    """All that have a place in the legend: those with this state."""
    having = [cell for cell in cells if state in spec.parse("cell", cell, CELLS)[0].states]
    return in_order([*having, *rows["cell"].unique()])


def profile_figure(length: int, state: str, relative: bool, note: str) -> go.Figure:
    """An empty figure for profiles, with a note above its legend."""
    norm = f"‖∂L/∂{state}<sub>t</sub>‖"
    divided = f"{norm} / ‖∂L/∂{state}<sub>T</sub>‖"
    figure = new_figure(
        f"profile/{length}/{state}/{relative}",
        height=HEIGHT,
        xaxis={
            "title": "time step t",
            "range": [1 - 0.02 * length, 1.02 * length],
            "tickvals": step_ticks(length),
        },
        yaxis={"title": divided if relative else norm, **POWERS},
    )
    remark(figure, note)
    return figure


def profile_trace(
    cell: str, phase: Phase, found: Profile | None, state: str, relative: bool, most: int
) -> Trace:
    """One line in at most so many points; with ``relative`` divided by its value at t = T."""
    style = cell_style(cell)
    initialisation = phase == "initialisation"
    trace: Trace = {
        "type": "scatter",
        "uid": f"{cell}/{phase}",
        "legendgroup": cell,
        "name": style.label,
        "showlegend": not initialisation,
        "x": [None],  # an empty trace would have no place in the legend
        "y": [None],
        "mode": "lines",
        "connectgaps": False,
        "line": {
            "color": style.color,
            "dash": "dot" if initialisation else style.dash,
            "width": 1.5 if initialisation else 2.5,
        },
        "opacity": 0.8 if initialisation else 1.0,
    }
    if found is None:
        return trace
    kept = thinned(len(found.t), most)
    end = found.norms[-1] if relative else 1.0
    when = f"step {found.step}" if found.step else "at initialisation"
    note = (
        f"<br>exactly 0 in float32 at {found.zeros} of {len(found.t)} steps" if found.zeros else ""
    )
    of = f"‖∂L/∂{state}‖ %{{y:.3g}}" + (" of its value at T" if relative else "")
    return trace | {
        "x": [found.t[i] for i in kept],
        "y": numbers(found.norms[i] / end for i in kept),
        "hovertemplate": f"{style.label} · {when} · t = %{{x}} · {of}{note}<extra></extra>",
    }
