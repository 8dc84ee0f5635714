"""The warm process of a dashboard: it has imported torch, computes nothing, and starts children.

Every run and every question is a child of its own, with bounds on its memory and its time, killed
without anybody else noticing. Lines of JSON come on standard input:

    {"start": 7, "task": "train", "arguments": {"run_id": "…"}, "megabytes": 900, "seconds": null}
    {"end": 7, "seconds": 20}              the child has so many seconds left; 0 kills it

and go to standard output:

    {"started": 7, "process": "…"}         what the store calls it
    {"ended": 7, "answer": …}              or with "cause" and "error", see ChildProcess

First of all children compile all kernels into the cache on disk, see ``models.service.kernels``.

Where the input ends, or a signal asks for it, questions do, and the process once the last run has
come to its end: what trains goes on even where its dashboard is gone. Where this process is killed,
its children end by themselves.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import psutil

from models.exchange.files import export
from models.exchange.import_run import import_runs
from models.service.child_process import CONTEXT, ChildProcess, Task, give_way
from models.service.kernels import cells_to_compile, compile_kernels, load_kernels
from models.service.logs import start_logging
from models.service.products import PRODUCTS
from models.service.questions import QUESTIONS
from models.service.running import PATIENCE_SECONDS, execute
from models.settings.configuration import Configuration
from models.store import Store

LOOK_SECONDS = 0.5
"""How often it looks at the time and the memory of its children."""
IMPORT_PATIENCE_SECONDS = 10.0
"""How long a store that is locked, full or away is tried again before an import is given up."""
CHUNK_BYTES = 2**16
COMPILING = -1
"""The number of children that compile kernels: counted apart from all other children."""
COMPILING_MEGABYTES, COMPILING_SECONDS = 1024, 600.0


def train(run_id: str) -> dict[str, object]:
    """Trains a run of the store, see ``execute``; ``status`` and ``message`` say how it ended."""
    give_way(psutil.Process())
    configuration = Configuration.from_environment()
    start_logging("trainer", configuration)
    store = Store(configuration.store, PATIENCE_SECONDS, must_exist=True)
    end = execute(store, run_id, megabytes=configuration.megabytes)
    return {"status": end.status, "message": end.message}


def import_results(paths: Sequence[str], visitor: str) -> list[str]:
    """Makes exported results runs of the store, see ``import_runs``; returns their ids."""
    give_way(psutil.Process())
    url = Configuration.from_environment().store
    store = Store(url, IMPORT_PATIENCE_SECONDS, must_exist=True)
    return import_runs(store, [Path(path) for path in paths], visitor)


def export_results(run_id: str, name: str, path: str) -> None:
    """Writes one file of a run's export, see ``models.exchange.files.export``."""
    give_way(psutil.Process())
    store = Store(Configuration.from_environment().store, must_exist=True)
    export(store, run_id, name, Path(path))


TASKS: Mapping[str, Task] = {
    **QUESTIONS,
    **PRODUCTS,
    "train": train,
    "import": import_results,
    "export": export_results,
}


class Server:
    """Carries out what its standard input says, until that has ended and the last run with it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """``say`` takes a line for standard output."""
        self._say = say
        self._children: dict[Any, ChildProcess] = {}
        """By the connections over which they answer."""
        self._source, self._read = _standard_input()
        self._rest = b""
        self._ended = False
        self._to_compile = cells_to_compile()
        self._loading: Iterator[None] | None = None
        self._next_look = 0.0

    def run(self) -> None:
        """On Linux this must be the only thread of its process: nothing computes where it forks."""
        for number in (signal.SIGINT, signal.SIGTERM):  # who trains has it as well, and ends
            signal.signal(number, self._end)
        # What is there already is not for the garbage collector, which would write to every object
        # and so give each forked process a copy of its own.
        gc.freeze()
        self._compile_next()
        while self._children or not self._ended:
            sources = [] if self._ended else [self._source]
            look = 0 if self._loading else LOOK_SECONDS
            for ready in wait([*self._children, *sources], timeout=look):
                if ready in self._children:
                    self._receive(self._children[ready])
                else:
                    self._obey(self._read())
            if time.monotonic() >= self._next_look:
                self._look_after_children()
            for _ in self._loading or ():
                break  # one at a time
            else:
                self._loading = None

    def _compile_next(self) -> None:
        """Has the next cell's kernels compiled; loads them all after the last."""
        if self._to_compile and not self._ended:
            cell = {"cell": self._to_compile.pop(0)}
            child = ChildProcess(
                COMPILING, compile_kernels, cell, COMPILING_MEGABYTES, COMPILING_SECONDS
            )
            self._children[child.connection] = child
        else:
            self._loading = load_kernels()

    def _end(self, *_: object) -> None:
        self._ended = True

    def _obey(self, text: bytes) -> None:
        self._ended = self._ended or not text
        *lines, self._rest = (self._rest + text).split(b"\n")
        for line in lines:
            command: dict[str, Any] = json.loads(line)
            match command:
                case {"start": number, "task": task, "arguments": arguments, **bounds}:
                    child = ChildProcess(number, TASKS[task], arguments, **bounds)
                    self._children[child.connection] = child
                    self._say(json.dumps({"started": number, "process": child.identity}))
                case {"end": number, "seconds": seconds}:
                    for child in self._children.values():
                        if child.number == number:
                            child.end_within(seconds)

    def _receive(self, child: ChildProcess) -> None:
        if child.receive():
            del self._children[child.connection]
            if child.number == COMPILING:
                self._compile_next()
                return
            self._say(f'{{"ended": {child.number}, {child.outcome[1:]}')  # its JSON as it came

    def _look_after_children(self) -> None:
        for child in self._children.values():
            if self._ended and child.has_deadline:
                child.end_within(0)  # whoever asked has gone
            child.enforce_limits()
        self._next_look = time.monotonic() + LOOK_SECONDS


def _standard_input() -> tuple[Any, Callable[[], bytes]]:
    """What to wait for together with connections, and what then reads what has come."""
    if CONTEXT.get_start_method() == "fork":
        return 0, lambda: os.read(0, CHUNK_BYTES)
    # Only Linux can wait for pipes and connections alike; elsewhere a thread is no harm.
    source, into = CONTEXT.Pipe(duplex=False)
    threading.Thread(target=_pass_on, args=(into,), daemon=True).start()
    return source, source.recv_bytes


def _pass_on(into: Connection) -> None:
    while chunk := os.read(0, CHUNK_BYTES):
        into.send_bytes(chunk)
    into.send_bytes(b"")
