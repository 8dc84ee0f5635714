"""The gradient profile: how strongly the loss depends on the state at each time step."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.hover import VALUE, written
from dashboard.figures.layout import POWERS, Trace, new_figure, numbers, remark, step_ticks, thinned
from dashboard.figures.lines import cell_line
from dashboard.figures.replay import Frame, add_replay, replayed
from dashboard.figures.style import cell_style, in_order
from models.analysis.median_profile import Phase, Profile, profile
from models.cells import CELLS
from models.settings import spec

HEIGHT = 470
MOST_POINTS = 250
MOST_POINTS_OF_FRAME = 60

HOW_TO_READ = (
    "Read from right to left: the error enters at the end of the sequence and travels back in "
    "time. A line that falls towards the left is a vanishing gradient: the network learns almost "
    "nothing from those early steps. A line that rises towards the left is an exploding "
    "gradient. A level line is a gradient that arrives unchanged. Dotted: before the first "
    "training step. Where a line stops, the gradient is exactly 0 in single precision."
)


def gradient_profile(
    gradients: pd.DataFrame,
    *,
    length: int,
    state: str = "h",
    cells: Sequence[str] = (),
    replay: bool = False,
) -> go.Figure:
    """‖∂L/∂state_t‖ against t, at initialisation (dotted) and at each cell's latest step.

    A cell without this state (``c`` is the LSTM's) has no line. With ``replay`` the figure has
    frames for the page's clock.
    """
    rows = gradients[(gradients["length"] == length) & (gradients["state"] == state)]
    figure = profile_figure(length, state, False, "dotted: at initialisation · thick: now")
    order = profile_cells(cells, rows, state)
    for cell in order:
        for phase in ("initialisation", "now"):
            found = profile(rows[rows["cell"] == cell], phase)
            figure.add_trace(profile_trace(cell, phase, found, state, False, MOST_POINTS))
    if replay:
        add_replay(figure, _frames(rows, order, state))
    return figure


def _frames(rows: pd.DataFrame, cells: Sequence[str], state: str) -> list[Frame]:
    """The latest profile of every cell at up to MOST_FRAMES evaluations."""
    frames = []
    for step in replayed(rows["step"]):
        so_far = rows[rows["step"] <= step]
        traces = []
        for cell in cells:
            found = profile(so_far[so_far["cell"] == cell], "now")
            traces.append(profile_trace(cell, "now", found, state, False, MOST_POINTS_OF_FRAME))
        frames.append(Frame(step, traces))
    return frames


def profile_cells(cells: Sequence[str], rows: pd.DataFrame, state: str) -> list[str]:
    """The cells with a place in the legend: those that have this state, in their usual order."""
    having = [cell for cell in cells if state in spec.parse("cell", cell, CELLS)[0].states]
    return in_order([*having, *rows["cell"].unique()])


def profile_figure(length: int, state: str, relative: bool, note: str) -> go.Figure:
    """An empty figure for profiles of this length and state, with a note above its legend."""
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
    """One cell's line in at most ``most`` points; ``relative`` divides it by its value at T."""
    style = cell_style(cell)
    trace: Trace = {**cell_line(cell, phase), "connectgaps": False}
    if phase == "initialisation":
        trace |= {"showlegend": False, "opacity": 0.8}
        trace["line"] |= {"dash": "dot", "width": 1.5}
    if found is None:
        return trace
    kept = thinned(len(found.t), most)
    end = found.norms[-1] if relative else 1.0
    when = f"step {found.step}" if found.step else "at initialisation"
    note = (
        f"<br>exactly 0 in float32 at {found.zeros} of {len(found.t)} steps" if found.zeros else ""
    )
    of = f"‖∂L/∂{state}‖ {VALUE}" + (" of its value at T" if relative else "")
    norms = [found.norms[i] / end for i in kept]
    return trace | {
        "x": [found.t[i] for i in kept],
        "y": numbers(norms),
        "customdata": written(norms),
        "hovertemplate": f"{style.label} · {when} · t = %{{x}} · {of}{note}<extra></extra>",
    }
