"""Pages are drawn a few at a time, in the order in which they were asked for.

Every visitor's page is drawn in a thread of its own. Sixty of them at once would keep the
interpreter's lock from each other, and from the one thread that talks to all browsers: everyone
would wait for the last.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = max(2, os.cpu_count() or 1)
"""One waits for the store while the other draws."""

PICTURE = threading.Lock()
"""One picture is made at a time, while pages that need none go ahead."""

_turns = threading.BoundedSemaphore(AT_ONCE)
_held = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Waits for a turn, and holds it; a part of a page has its page's."""
    if getattr(_held, "turn", False):
        yield
        return
    with _turns:
        _held.turn = True
        try:
            yield
        finally:
            _held.turn = False


@contextmanager
def left() -> Iterator[None]:
    """Lets somebody else draw while this page waits, or works on what takes long.

    It must be around whatever others may wait for, a cached function above all, never inside: who
    waits would keep a turn, without which nothing that is done could go on.
    """
    if not getattr(_held, "turn", False):
        yield
        return
    _held.turn = False
    _turns.release()
    try:
        yield
    finally:
        _turns.acquire()
        _held.turn = True
