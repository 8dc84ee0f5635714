"""Reads back what a figure shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

Make = Callable[..., pd.DataFrame]
"""Makes a table of results up; the arguments say which rows it has."""


def trace(figure: go.Figure, uid: str) -> Any:
    """The one trace of this uid."""
    (found,) = [trace for trace in figure.data if trace.uid == uid]
    return found


def uids(figure: go.Figure) -> list[str]:
    """The uids of all traces, in the order in which they are drawn."""
    return [trace.uid for trace in figure.data]


def contrast(color: str, background: str) -> float:
    """The contrast ratio of two colours #rrggbb, as WCAG 2 defines it."""
    dark, light = sorted((_luminance(color), _luminance(background)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def check_json(figure: go.Figure) -> None:
    """Checks that a browser can read the figure: NaN and Infinity are not JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in the figure")

    json.loads(figure.to_json(), parse_constant=refuse)
