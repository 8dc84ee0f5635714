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
    """A browser can read it."""
    text = figure.to_json()
    assert not any(word in text for word in ("NaN", "Infinity"))
    json.loads(text)
