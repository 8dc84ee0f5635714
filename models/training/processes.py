"""Runs a generator in several processes at once and yields the items of all as they come.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from models.experiment.cost import LOWER

T = TypeVar("T")

# A forked process shares what its parent has imported, torch above all; elsewhere than on Linux
# forking is not safe.
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
POLL_SECONDS = 0.1
"""The longest that the parent waits before it asks again whether to stop."""


def run_in_processes(
    generate: Callable[..., Iterator[T]],
    arguments: Sequence[tuple[Any, ...]],
    should_stop: Callable[[], bool],
) -> Iterator[T]:
    """Yields the items of ``generate(*one, should_stop)`` for each of the ``arguments``.

    Each runs in a process of its own. An exception in one of them is raised here. Raises
    ProcessDiedError where a process dies. However it ends, no process is left behind: where this
    one is killed, they end by themselves.
    """
    started: list[tuple[Connection, Any]] = []
    try:
        # What is there already is not for the garbage collector, which would write to every
        # object and so give each forked process a copy of its own.
        gc.freeze()
        for one in arguments:
            started.append(_start(generate, one, [ours for ours, _ in started]))
        processes, stopping = dict(started), False
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
            if should_stop() and not stopping:
                stopping = True
                _send_stop(processes)
    finally:
        for connection, process in started:
            process.kill()
            process.join()
            connection.close()


class ProcessDiedError(RuntimeError):
    """A process died before its last item; ``exit_code`` is -9 where it was killed."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(
            f"a training process died with exit code {exit_code}: if memory ran out, {LOWER}"
        )
        self.exit_code = exit_code


class _End:
    """What a process sends after its last item."""


def _start(
    generate: Callable[..., Iterator[T]], arguments: tuple[Any, ...], others: Sequence[Connection]
) -> tuple[Connection, Any]:
    """Starts a process; returns the parent's end of the connection to it, and the process."""
    ours, theirs = CONTEXT.Pipe()
    # A forked process holds the parent's ends as well: it would never see that the parent is gone.
    inherited = [ours, *others] if CONTEXT.get_start_method() == "fork" else []
    work = (generate, arguments, theirs, inherited)
    process = CONTEXT.Process(target=_work, args=work, daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _work(
    generate: Callable[..., Iterator[T]],
    arguments: tuple[Any, ...],
    parent: Connection,
    inherited: Sequence[Connection],
) -> None:
    """Sends the parent all items, or the exception that ended them: what a process runs."""
    # Ctrl-C in a terminal, and a service's end, reach every process; the parent decides what they
    # mean.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for connection in inherited:
        connection.close()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(parent, stop), daemon=True).start()
    try:
        for item in generate(*arguments, stop.is_set):
            parent.send(item)
        parent.send(_End())
    except ConnectionError:
        return  # the parent is gone
    except Exception as error:
        parent.send(error)


def _listen(parent: Connection, stop: threading.Event) -> None:
    """Sets ``stop`` once the parent sends it, and ends this process once the parent is gone."""
    with suppress(EOFError, OSError):
        while True:
            parent.recv()
            stop.set()
    os._exit(1)


def _send_stop(connections: Iterable[Connection]) -> None:
    for connection in connections:
        with suppress(ConnectionError):  # of a process that has died: receiving finds it
            connection.send(None)


def _receive(connection: Connection, process: Any) -> Any:
    """Returns the next item of a process, an exception or _End. Raises ProcessDiedError."""
    try:
        return connection.recv()
    except (EOFError, OSError):  # between two items, or in the middle of one
        process.join()
        raise ProcessDiedError(process.exitcode) from None
