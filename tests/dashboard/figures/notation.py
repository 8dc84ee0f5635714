"""One notation for numbers: what hover texts and axes of a figure may have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.layout import PLAIN

FIELD = re.compile(r"%\{(\w+)(?:\[(\d+)\])?(?::([^}]*))?\}")
"""A value in a hover template: %{y}, %{customdata[1]}, %{y:.2f}."""
FIXED = re.compile(r"\.\d~?[f%]")
"""d3 formats that write a number below 10,000 as the page does."""
PROGRAMMERS = re.compile(r"\de[+-]?\d")
"""What only programmers write: 1e-7."""


def check_notation(figure: go.Figure) -> None:
    """Checks hover texts and axes: no 1e-7, no 20k, no 0.1µ."""
    for trace in figure.data:
        _check_hover(trace)
    for name in figure.layout:
        if re.fullmatch(r"[xy]axis\d*", name):
            _check_axis(figure, name)


def _check_hover(trace: Any) -> None:
    template = getattr(trace, "hovertemplate", None) or ""
    for key, place, d3_format in FIELD.findall(template):
        values = list(_flat(trace[key], int(place) if place else None))
        if d3_format:
            assert FIXED.fullmatch(d3_format), template
            assert all(abs(value) < PLAIN[1] for value in values), (template, max(values))
        else:
            assert all(isinstance(one, str) or one == round(one) for one in values), template
    for text in [template, *_texts(trace.hovertext), *_texts(trace["customdata"])]:
        assert not PROGRAMMERS.search(text), text


def _check_axis(figure: go.Figure, name: str) -> None:
    axis = figure.layout[name]
    silent = axis.ticktext is not None or axis.visible is False or axis.tickvals == ()
    if silent or axis.type == "category":
        return
    assert axis.tickformat in (None, ",~g", ".0%", "d"), name
    if axis.tickformat is None and axis.tickprefix is None:
        assert axis.exponentformat in ("none", "power"), name
    if axis.tickformat == ",~g":
        own = name[0] + name.removeprefix(f"{name[0]}axis")
        traces = [one for one in figure.data if (one[f"{own[0]}axis"] or own[0]) == own]
        drawn = [value for trace in traces for value in _flat(trace[own[0]], None)]
        assert all(PLAIN[0] <= value < PLAIN[1] for value in drawn if value > 0), name


def _flat(values: Any, place: int | None) -> Iterator[Any]:
    """The numbers and texts among the values, or those at a ``place`` of each; no gaps."""
    for one in values if values is not None else ():
        if isinstance(one, list | tuple | np.ndarray):
            yield from _flat(one if place is None or _nested(one) else [one[place]], place)
        elif one is not None and (isinstance(one, str) or math.isfinite(one)):
            yield one


def _nested(values: Any) -> bool:
    return len(values) > 0 and isinstance(values[0], list | tuple | np.ndarray)


def _texts(values: Any) -> list[str]:
    if isinstance(values, str):
        return [values]
    return [one for one in _flat(values, None) if isinstance(one, str)]
