"""What was made of measurements once is kept, for everyone who looks at the same.

``st.cache_resource`` cannot say whether something is there without making it: every page would have
to give up its turn for that, or whoever waits for a picture would keep a turn that its maker needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import plotly.graph_objects as go

from dashboard.components.live_chart import as_json, live_chart
from dashboard.scheduling import draw_slots

KEPT = 150
"""How many pictures and numbers, those that were asked for last."""
CONFIG = {"modeBarButtonsToRemove": ["lasso2d", "select2d"]}

T = TypeVar("T")
Key = tuple[str, str, tuple[object, ...]]

_made: dict[Key, Any] = {}
_lock = threading.Lock()


def chart(
    source: str, key: str, options: tuple[object, ...], figure: Callable[[], go.Figure]
) -> None:
    """Shows what ``figure`` draws of a source with these options, in the chart of this key."""
    live_chart(cached(source, key, options, lambda: as_json(figure())), key, CONFIG)


def cached(source: str, what: str, options: tuple[object, ...], make: Callable[[], T]) -> T:
    """What ``make`` makes of a source with these options; what is there is not waited for."""
    key = source, what, options
    found: T | None = _look_up(key)
    if found is not None:
        return found
    with draw_slots.picture_slot():
        found = _look_up(key)  # another page may have been faster
        return _keep(key, make()) if found is None else found


def _look_up(key: Key) -> Any:
    with _lock:
        if key in _made:
            _made[key] = _made.pop(key)  # the last that was asked for
        return _made.get(key)


def _keep(key: Key, value: T) -> T:
    with _lock:
        _made[key] = value
        if len(_made) > KEPT:
            del _made[next(iter(_made))]
    return value
