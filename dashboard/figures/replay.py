"""Play, Pause and a slider over training steps: Plotly frames, which need no server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.figures.layout import GREY, TRANSPARENT, Trace

CHANGING = ("x", "y", "text", "hovertext", "customdata", "error_y")
"""The keys of a trace that a frame changes; all others stay as the figure has them."""
FRAME_TIME = 220
"""Time between two frames, milliseconds."""


@dataclass(frozen=True)
class Frame:
    """The traces at one training step; each has the ``uid`` of a trace of the figure."""

    step: int
    traces: Sequence[Trace]


def add_replay(figure: go.Figure, frames: Sequence[Frame], height: int) -> None:
    """Gives the figure these frames, with buttons and a slider that take ``height`` pixels."""
    if not frames:
        return
    places = {trace.uid: place for place, trace in enumerate(figure.data)}
    figure.frames = [
        go.Frame(
            name=str(frame.step),
            data=[_changes(trace) for trace in frame.traces],
            traces=[places[trace["uid"]] for trace in frame.traces],
        )
        for frame in frames
    ]
    figure.update_layout(
        height=figure.layout.height + height,
        updatemenus=[_buttons()],
        sliders=[_slider([frame.step for frame in frames])],
    )


def _changes(trace: Trace) -> Trace:
    changes = {"type": trace["type"], **{key: trace[key] for key in CHANGING if key in trace}}
    if isinstance(trace.get("marker", {}).get("color"), list):  # a colour for each point
        changes["marker"] = {"color": trace["marker"]["color"]}
    return changes


def _animation(frame_time: int) -> Trace:
    return {
        "mode": "immediate",
        "fromcurrent": True,
        "frame": {"duration": frame_time, "redraw": False},
        "transition": {"duration": 0},
    }


def _buttons() -> Trace:
    def button(label: str, target: list[None] | None, frame_time: int) -> Trace:
        return {"label": label, "method": "animate", "args": [target, _animation(frame_time)]}

    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 62, "l": 0},
        "bgcolor": TRANSPARENT,
        "bordercolor": GREY,
        "font": {"color": GREY},  # Plotly paints a pointed-at button white in any theme
        "buttons": [button("▶ Play", None, FRAME_TIME), button("❚❚ Pause", [None], 0)],
    }


def _slider(steps: Sequence[int]) -> Trace:
    return {
        "active": len(steps) - 1,
        "x": 0,
        "len": 1,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 62, "l": 150, "r": 8},
        "bgcolor": GREY,
        "bordercolor": GREY,
        "tickcolor": GREY,
        "currentvalue": {"prefix": "training step ", "xanchor": "left"},
        "steps": [
            {"label": str(step), "method": "animate", "args": [[str(step)], _animation(0)]}
            for step in steps
        ],
    }
