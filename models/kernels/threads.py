"""Threads that share out jobs which let go of the interpreter's lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import torch


class Threads:
    """So many threads, the calling one among them, that do jobs side by side.

    Each flushes denormal numbers to 0: a vanishing gradient ends in them, they mean nothing there,
    and arithmetic on them takes ten times as long.
    """

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self._rooms = threading.local()
        self._others = (
            ThreadPoolExecutor(count - 1, "kernels", _flush_denormals) if count > 1 else None
        )

    def room(self, owner: object) -> dict[str, Any]:
        """Returns what the calling thread keeps for an owner, until another asks for its own.

        So what is large is there once for each thread, whoever works in them, one after the other.
        """
        if getattr(self._rooms, "owner", None) is not owner:
            self._rooms.owner, self._rooms.room = owner, {}
        room: dict[str, Any] = self._rooms.room
        return room

    def run(self, job: Callable[[int], object], jobs: Iterable[int]) -> None:
        """Does ``job`` for each number; whoever is free takes the next, in their order.

        Raises what a job raises, once nothing is on its way any more.
        """
        _flush_denormals()
        left = iter(list(jobs))

        def work() -> None:
            for number in left:
                job(number)

        if self._others is None:
            work()
            return
        others = [self._others.submit(work) for _ in range(self.count - 1)]
        try:
            work()
        finally:
            wait(others)
        for other in others:
            other.result()


def _flush_denormals() -> None:
    torch.set_flush_denormal(True)  # of the calling thread alone
