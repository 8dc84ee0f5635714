"""One generator in several processes at once, its items as they come.

Threads will not do: with operations of a few microseconds they spend their time handing each
other the interpreter's lock (measured: two populations in two threads took as long as one after
the other).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

T = TypeVar("T")

# A forked process shares what its parent has imported, torch above all; elsewhere than on Linux
# forking is not safe.
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
POLL_SECONDS = 0.1

NO_FORK = threading.Lock()
"""Held by whoever computes in another thread: a process forked meanwhile could not go on."""


def side_by_side(
    generate: Callable[..., Iterator[T]],
    tasks: Sequence[tuple[Any, ...]],
    should_stop: Callable[[], bool],
) -> Iterator[T]:
    """Items of ``generate(*task, should_stop)`` for every task, each in a process of its own.

    An exception in one of them is raised here. Raises RuntimeError where a process dies.
    However it ends, no process is left behind.
    """
    stop = CONTEXT.Event()
    with NO_FORK:
        # What is there already is not for the garbage collector, which would write to every object
        # and so give each forked process a copy of its own.
        gc.freeze()
        started = [_start(generate, task, stop) for task in tasks]
    processes = dict(started)
    try:
        while processes:
            for ready in wait(list(processes), timeout=POLL_SECONDS):
                assert isinstance(ready, Connection)
                item = _receive(ready, processes[ready])
                if isinstance(item, _End):
                    del processes[ready]
                elif isinstance(item, Exception):
                    raise item
                else:
                    yield item
            if should_stop():
                stop.set()
    finally:
        for connection, process in started:
            process.terminate()
            process.join()
            connection.close()


class _End:
    """Sent when a process has no more items."""


def _start(
    generate: Callable[..., Iterator[T]], task: tuple[Any, ...], stop: Event
) -> tuple[Connection, Any]:
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(generate, task, stop, theirs), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _work(
    generate: Callable[..., Iterator[T]], task: tuple[Any, ...], stop: Event, out: Connection
) -> None:
    # Ctrl-C in a terminal reaches every process; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def should_stop() -> bool:
        return stop.is_set() or os.getppid() != parent

    try:
        for item in generate(*task, should_stop):
            out.send(item)
        out.send(_End())
    except BrokenPipeError:
        return  # The parent is gone, nobody is left to tell.
    except Exception as error:
        out.send(error)


def _receive(connection: Connection, process: Any) -> Any:
    try:
        return connection.recv()
    except EOFError:
        process.join()
        raise RuntimeError(
            f"a training process died with exit code {process.exitcode}: if memory ran out, "
            "lower the hidden size, the batch size, the lengths or the seeds"
        ) from None
