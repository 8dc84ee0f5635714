"""A figure in words, made from its numbers, for those who do not see it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from models.analysis.words import number, number_of_logarithm

MOST_POINTS = 6
"""Most points of a line that are all read out; of a longer one its ends and extremes are."""
MOST_TEXTS = 12
"""Most texts in the plot that are read out where no line or map has a name."""
TAG = re.compile(r"<[^>]*>")

Point = tuple[float, float]
"""A point of a line: its place on one axis, and its value on the other."""


@dataclass(frozen=True)
class _Axis:
    """An axis as words need it; what Plotly has is slow to ask for each point."""

    names: dict[float, str]
    """The names of its ticks by their values."""
    prefix: str


def in_words(figure: go.Figure) -> str:
    """The axes, and the course of every map and of every line of the legend, in sentences.

    Where the legend has none, of every line that has a name; where none has one, the texts that
    stand in the plot.
    """
    named = [trace for trace in figure.data if trace.name]
    listed = [one for one in named if one.type == "heatmap" or one.showlegend is not False]
    courses = [_trace(trace, figure) for trace in listed or named]
    sentences = [_axes(figure), *(courses if any(courses) else _texts(figure))]
    return " ".join(f"{one}." for one in dict.fromkeys(sentences) if one)


def _axes(figure: go.Figure) -> str:
    title = _plain(figure.layout.title.text)
    across, up = (_plain(axis.title.text) for axis in (figure.layout.xaxis, figure.layout.yaxis))
    return ": ".join(filter(None, (title, " against ".join(filter(None, (up, across))))))


def _texts(figure: go.Figure) -> list[str]:
    notes = [_plain(note.text) for note in figure.layout.annotations]
    for trace in figure.data:
        notes += [_plain(text) for text in _list(getattr(trace, "text", None))]
    return [note for note in notes if note][:MOST_TEXTS]


def _trace(trace: Any, figure: go.Figure) -> str:
    course = _map(trace) if trace.type == "heatmap" else _line(trace, figure)
    return f"{_plain(trace.name)}: {course}" if course else ""


def _map(trace: Any) -> str:
    values = [value for row in _list(trace.z) for value in _list(row) if _finite(value)]
    if not values:
        return ""
    low, high = (_number(end, trace.colorbar.tickprefix) for end in (min(values), max(values)))
    return f"from {low} to {high}"


def _line(trace: Any, figure: go.Figure) -> str:
    """The course of a line; its values are across where only the axis upwards has names."""
    across, up = (
        _axis(figure.layout[f"{axis}axis{(trace[f'{axis}axis'] or axis)[1:]}"])
        for axis in ("x", "y")
    )
    points = [
        pair
        for pair in zip(_list(trace.x), _list(trace.y), strict=False)
        if all(map(_finite, pair))
    ]
    if up.names and not across.names:
        across, up, points = up, across, [(y, x) for x, y in points]
    return _course(points, lambda point: f"{_value(point[1], up)} at {_place(point[0], across)}")


def _axis(axis: Any) -> _Axis:
    names = dict(zip(axis.tickvals or (), axis.ticktext or (), strict=False))
    return _Axis(names, axis.tickprefix or "")


def _course(points: Sequence[Point], at: Callable[[Point], str]) -> str:
    """Every point of a short line; the ends, the lowest and the highest point of a longer one."""
    if len(points) <= MOST_POINTS:
        return ", ".join(map(at, points))
    first, last = points[0], points[-1]
    extremes = {
        "lowest": min(points, key=lambda point: point[1]),
        "highest": max(points, key=lambda point: point[1]),
    }
    between = [f"{word} {at(one)}" for word, one in extremes.items() if one not in (first, last)]
    return ", ".join([f"from {at(first)} to {at(last)}", *between])


def _place(place: float, axis: _Axis) -> str:
    """A place as the axis names it: lines that stand side by side share a name."""
    if not axis.names:
        return number(place)
    nearest = min(axis.names, key=lambda tick: abs(tick - place))
    return _plain(axis.names[nearest]) or number(nearest)


def _value(value: float, axis: _Axis) -> str:
    """A value, by its name where the axis has one; of a logarithm, the number itself."""
    return _plain(axis.names.get(value)) or _number(value, axis.prefix)


def _number(value: float, prefix: str | None) -> str:
    logarithm = (prefix or "").startswith("10")
    return number_of_logarithm(value) if logarithm else number(value)


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _list(values: Iterable[Any] | str | None) -> list[Any]:
    if values is None:
        return []
    if isinstance(values, str):
        return [values]
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _plain(text: str | None) -> str:
    """A text without its tags."""
    return TAG.sub("", text or "").strip()
