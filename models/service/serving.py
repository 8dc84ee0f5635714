"""The warm process of a dashboard: it has imported torch, computes nothing, and starts children.

Every run and every question is a child of its own, with bounds on its memory and its time, killed
without anybody else noticing. Lines of JSON come on standard input:

    {"start": 7, "task": "train", "arguments": {"run_id": "…"}, "megabytes": 900, "seconds": null}
    {"end": 7, "seconds": 20}              the child has so many seconds left; 0 kills it

and go to standard output:

    {"started": 7, "process": "…"}         what the store calls it
    {"ended": 7, "answer": …}              or with "cause" and "error", see ChildProcess

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
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

# PyTorch imports it, and SymPy with it, over the first Jacobian: here once, for all children.
import torch.fx.experimental.symbolic_shapes  # noqa: F401

from models.exchange.files import export
from models.exchange.import_run import import_file
from models.service.child_process import ChildProcess, Task
from models.service.logs import start_logging
from models.service.questions import QUESTIONS
from models.service.running import PATIENCE_SECONDS, execute
from models.settings.configuration import Configuration
from models.store import Store
from models.training.processes import CONTEXT

LOOK_SECONDS = 0.5
"""How often it looks at the time and the memory of its children."""
IMPORT_PATIENCE_SECONDS = 10.0
"""How long a store that is locked, full or away is tried again before an import is given up."""
CHUNK_BYTES = 2**16


def train(run_id: str) -> dict[str, object]:
    """Trains a run of the store, see ``execute``; ``status`` and ``message`` say how it ended."""
    configuration = Configuration.from_environment()
    start_logging("trainer", configuration)
    end = execute(Store(configuration.store, PATIENCE_SECONDS, must_exist=True), run_id)
    return {"status": end.status, "message": end.message}


def import_results(paths: Sequence[str], visitor: str) -> str:
    """Makes exported results a run of the store, see ``import_file``; returns its id."""
    url = Configuration.from_environment().store
    store = Store(url, IMPORT_PATIENCE_SECONDS, must_exist=True)
    return import_file(store, [Path(path) for path in paths], visitor)


def export_results(run_id: str, name: str, path: str) -> None:
    """Writes one file of a run's export, see ``models.exchange.files.export``."""
    store = Store(Configuration.from_environment().store, must_exist=True)
    export(store, run_id, name, Path(path))


TASKS: Mapping[str, Task] = {
    **QUESTIONS,
    "train": train,
    "import": import_results,
    "export": export_results,
}


class Server:
    """Carries out what its standard input says, until that has ended and the last run with it."""

    def __init__(self, commands: Commands, say: Callable[[Mapping[str, object]], None]) -> None:
        self._commands, self._say = commands, say
        self._children: dict[int, ChildProcess] = {}
        self._next_look = 0.0

    def run(self) -> None:
        """On Linux this must be the only thread of its process: nothing computes where it forks."""
        for number in (signal.SIGINT, signal.SIGTERM):  # who trains has it as well, and ends
            signal.signal(number, self._end)
        # What is there already is not for the garbage collector, which would write to every object
        # and so give each forked process a copy of its own.
        gc.freeze()
        while self._children or not self._commands.ended:
            waiting = {child.connection: number for number, child in self._children.items()}
            for ready in wait([*waiting, *self._commands.sources], timeout=LOOK_SECONDS):
                if isinstance(ready, Connection) and ready in waiting:
                    self._receive(waiting[ready])
                else:
                    self._obey()
            if self._commands.ended:
                self._end_questions()
            self._enforce_limits()

    def _end(self, *_: object) -> None:
        self._commands.ended = True

    def _obey(self) -> None:
        for command in self._commands.read():
            if "start" in command:
                self._start(command["start"], command)
            elif command["end"] in self._children:
                self._children[command["end"]].end_within(command["seconds"])

    def _end_questions(self) -> None:
        """Nobody is left who asked them."""
        for child in self._children.values():
            if child.has_deadline:
                child.end_within(0)

    def _start(self, number: int, command: Mapping[str, Any]) -> None:
        self._children[number] = child = ChildProcess(
            TASKS[command["task"]],
            command["arguments"],
            command["megabytes"],
            command["seconds"],
            inherited=[other.connection for other in self._children.values()],
        )
        self._say({"started": number, "process": child.identity})

    def _receive(self, number: int) -> None:
        child = self._children[number]
        if child.receive():
            del self._children[number]
            self._say({"ended": number, **child.outcome})

    def _enforce_limits(self) -> None:
        if time.monotonic() >= self._next_look:
            for child in self._children.values():
                child.enforce_limits()
            self._next_look = time.monotonic() + LOOK_SECONDS


class Commands:
    """Lines of standard input as they come, to be waited for together with connections."""

    def __init__(self) -> None:
        self.ended = False
        self._rest = b""
        self._source: Any
        if CONTEXT.get_start_method() == "fork":
            self._source, self._read = 0, lambda: os.read(0, CHUNK_BYTES)
        else:
            # Only Linux can wait for pipes and connections alike; elsewhere a thread is no harm.
            self._source, into = CONTEXT.Pipe(duplex=False)
            self._read = self._source.recv_bytes
            threading.Thread(target=_pass_on, args=(into,), daemon=True).start()

    @property
    def sources(self) -> list[Any]:
        """What to wait for."""
        return [] if self.ended else [self._source]

    def read(self) -> list[dict[str, Any]]:
        """What has come; waits for something where nothing has."""
        chunk = self._read()
        self.ended = not chunk
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [json.loads(line) for line in lines]


def _pass_on(into: Connection) -> None:
    while chunk := os.read(0, CHUNK_BYTES):
        into.send_bytes(chunk)
    into.send_bytes(b"")
