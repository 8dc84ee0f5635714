"""Pages are drawn a few at a time, in the order in which they were asked for.

Every visitor's page is drawn in a thread of its own. Sixty of them at once would keep the
interpreter's lock from each other, and from the one thread that talks to all browsers: everyone
would wait for the last.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = max(2, os.cpu_count() or 1)
"""One waits for the store while the other draws."""


class FairSemaphore:
    """Lets so many in at once; of those that wait, the page that was asked for first."""

    def __init__(self, places: int) -> None:
        self._lock = threading.Lock()
        self._free = places
        self._waiting: list[tuple[int, threading.Event]] = []

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self, number: int) -> None:
        """Waits for a place; ``number`` is the page's, and grows from page to page."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Event()
            heapq.heappush(self._waiting, (number, called))
        called.wait()

    def leave(self) -> None:
        """Gives the place to the first that waits."""
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[1].set()
            else:
                self._free += 1


class _Page(threading.local):
    """What this thread draws."""

    number = 0
    has_slot = False
    makes_picture = False


_numbers = itertools.count(1)
_slots = FairSemaphore(AT_ONCE)
_pictures = FairSemaphore(1)
_page = _Page()


@contextmanager
def draw_slot() -> Iterator[None]:
    """Waits for a slot and holds it; a fragment of a page that is drawn has its page's."""
    if _page.has_slot:
        yield
        return
    _page.number = next(_numbers)
    _slots.enter(_page.number)
    _page.has_slot = True
    try:
        yield
    finally:
        _page.has_slot = False
        _slots.leave()


@contextmanager
def released() -> Iterator[None]:
    """Lets somebody else draw while this page waits, or works on what takes long.

    It must be around whatever others may wait for, a cached function above all, never inside: who
    waits would keep a slot, without which nothing that is done could go on.
    """
    if not _page.has_slot:
        yield
        return
    _page.has_slot = False
    _slots.leave()
    try:
        yield
    finally:
        _slots.enter(_page.number)
        _page.has_slot = True


@contextmanager
def picture_slot() -> Iterator[None]:
    """One picture is made at a time, while pages that need none go ahead."""
    if _page.makes_picture:
        yield
        return
    with released():
        _pictures.enter(_page.number)
        _page.makes_picture = True
        try:
            yield
        finally:
            _page.makes_picture = False
            _pictures.leave()
