"""A cache of figures and numbers made from measurements, for all visitors.

``st.cache_resource`` cannot tell whether a value is there without making it. Every page would then
have to release its draw slot first, or a page that waits for a figure would hold the slot that the
page which makes it needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import plotly.graph_objects as go

from dashboard.components.live_chart import as_json, live_chart
from dashboard.components.print_button import print_button
from dashboard.scheduling import draw_slots
from dashboard.session.lecture import presents, shows

KEPT = 150
"""How many values stay in the cache: those that were used last."""

T = TypeVar("T")
Key = tuple[str, str, tuple[object, ...]]

_made: dict[Key, Any] = {}
_lock = threading.Lock()


def chart(
    source: str,
    key: str,
    options: tuple[object, ...],
    figure: Callable[[], go.Figure],
    finding: Callable[[], str] = str,
    *,
    fills: bool = False,
    pressed: Callable[[str], None] | None = None,
    prints: bool = True,
) -> None:
    """Draws ``figure`` of a source with these options, in the chart of this key; made once.

    ``finding`` says what it shows, in sentences made from the same numbers. ``fills`` and
    ``pressed`` are those of ``live_chart``. In lecture mode only what is presented is drawn, and
    otherwise a button stands at a figure that ``prints``, which downloads it for print.
    """
    if not shows(key):
        return
    made = cached(source, key, options, lambda: as_json(figure(), finding()))
    place = live_chart(made, key, fills=fills, pressed=pressed)
    if prints and not presents():
        with place:
            print_button(made, key)


def cached(source: str, what: str, options: tuple[object, ...], make: Callable[[], T]) -> T:
    """The value that ``make`` makes of a source with these options, made once."""
    key = source, what, options
    found: T | None = _look_up(key)
    if found is not None:
        return found
    with draw_slots.picture_slot():
        found = _look_up(key)  # another page may have made it meanwhile
        return _keep(key, make()) if found is None else found


def _look_up(key: Key) -> Any:
    with _lock:
        if key in _made:
            _made[key] = _made.pop(key)  # now the one used last
        return _made.get(key)


def _keep(key: Key, value: T) -> T:
    with _lock:
        _made[key] = value
        if len(_made) > KEPT:
            del _made[next(iter(_made))]
    return value
