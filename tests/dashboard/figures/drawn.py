"""What a figure holds, read back in a test."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go


def trace(figure: go.Figure, uid: str) -> Any:
    """The one trace of this uid."""
    (found,) = [trace for trace in figure.data if trace.uid == uid]
    return found


def check_json(figure: go.Figure) -> None:
    """Checks that a browser can read the figure: NaN and Infinity are not JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in the figure")

    json.loads(figure.to_json(), parse_constant=refuse)
