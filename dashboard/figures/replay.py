"""The frames of a figure over training: the clock of the page shows one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.figures.layout import Trace, thinned

CHANGING = ("x", "y", "text", "hovertext", "hovertemplate", "customdata", "error_y")
"""The keys of a trace that a frame changes; all others stay as the figure has them."""
MOST_FRAMES = 40


@dataclass(frozen=True)
class Frame:
    """The traces at one training step; each has the ``uid`` of a trace of the figure."""

    step: int
    traces: Sequence[Trace]


def replayed(steps: Iterable[int]) -> list[int]:
    """The training steps that a replay shows: at most MOST_FRAMES, the first and last among
    them."""
    evaluated = sorted({int(step) for step in steps})
    return [evaluated[i] for i in thinned(len(evaluated), MOST_FRAMES)]


def add_replay(figure: go.Figure, frames: Sequence[Frame]) -> None:
    """Gives the figure these frames, each under the name of its training step."""
    places = {trace.uid: place for place, trace in enumerate(figure.data)}
    figure.frames = [
        go.Frame(
            name=str(frame.step),
            data=[_changes(trace) for trace in frame.traces],
            traces=[places[trace["uid"]] for trace in frame.traces],
        )
        for frame in frames
    ]


def _changes(trace: Trace) -> Trace:
    changes = {"type": trace["type"], **{key: trace[key] for key in CHANGING if key in trace}}
    line = trace.get("marker", {}).get("line", {})
    if isinstance(line.get("color"), list):  # a colour for each point
        changes["marker"] = {"line": {"color": line["color"]}}
    return changes
