"""A process that carries out one task, with bounds on its memory and its time.

On Linux it is forked and shares what its parent has loaded, so that it is there in milliseconds;
elsewhere, where forking is not safe, it is started afresh and imports for itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import psutil
import torch

from models.exchange.import_files import ImportedError
from models.experiment import ExperimentError
from models.experiment.cost import LOWER
from models.service.memory_limit import limit_memory
from models.service.reasons import reason
from models.settings.configuration import MEBIBYTE
from models.store import NotOursError, StoreError, UnknownRunError
from models.store.process import identity

# A forked process shares what its parent has imported, torch above all; elsewhere than on Linux
# forking is not safe.
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")

SHORT_SECONDS = 2.0
"""What has taken longer gives way, see ``give_way``."""
LONG_NICENESS = 10

CAUSES = {
    (ExperimentError, ImportedError): "refused",
    (NotOursError, UnknownRunError): "gone",
    (StoreError,): "store",
}
"""What it is called where a task raises one of these, whose messages are for people."""

Task = Callable[..., object]
"""Arguments by name in, what can be written as JSON out."""


class ChildProcess:
    """A task in its own process, from its start to its outcome.

    ``outcome`` is empty while it is at work, then a JSON object. It has ``answer``, or else
    ``error``, a line for people, and ``cause``: *refused* (what was asked for is not taken), *gone*
    (the run is somebody else's, or deleted), *store*, *failed*, *memory*, *time* or *died*.
    """

    def __init__(
        self,
        number: int,
        task: Task,
        arguments: Mapping[str, Any],
        megabytes: int,
        seconds: float | None,
    ) -> None:
        """``number`` is what others call it."""
        self.outcome = ""
        self.number, self.megabytes = number, megabytes
        self.connection, theirs = CONTEXT.Pipe(duplex=False)
        self._started = time.monotonic()
        self._seconds = seconds
        self._process = CONTEXT.Process(target=_work, args=(task, arguments, megabytes, theirs))
        self._process.start()
        theirs.close()
        self.identity = identity(self._process.pid)
        """What the store calls it."""

    @property
    def has_deadline(self) -> bool:
        """Whether its time is bounded."""
        return self._seconds is not None

    def end_within(self, seconds: float) -> None:
        """From now on it may take so many seconds more; 0 kills it at once."""
        self._seconds = self._taken() + seconds
        if not seconds:
            self._kill("time", "it was ended")

    def enforce_limits(self) -> None:
        """Kills it where it takes more time, or with what it has started more memory, than it may.

        One that takes long lets those that do not go first.
        """
        taken, family = self._taken(), _with_children(self._process.pid)
        if self._seconds is not None and taken >= self._seconds:
            self._kill("time", f"it took more than {self._seconds:.0f} s: {LOWER}")
        elif sum(map(_own_bytes, family)) > self.megabytes * MEBIBYTE:
            allowed = f"the {self.megabytes} MiB that it may take"
            self._kill("memory", f"it took more than {allowed}: {LOWER}")
        elif taken > SHORT_SECONDS:
            for process in family:
                give_way(process)

    def receive(self) -> bool:
        """Takes what its connection has; says whether the process has ended."""
        try:
            outcome = self.connection.recv_bytes().decode()
            self.outcome = self.outcome or outcome
            return False
        except (EOFError, OSError):  # it has ended, maybe in the middle of its answer
            self._process.join()
            self.outcome = self.outcome or _death(self._process.exitcode)
            self.connection.close()
            return True

    def _taken(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def _kill(self, cause: str, error: str) -> None:
        self.outcome = self.outcome or _failure(cause, error)
        self._process.kill()


def _failure(cause: str, error: object) -> str:
    return json.dumps({"cause": cause, "error": str(error)})


def _death(exit_code: int) -> str:
    if exit_code == -signal.SIGKILL:
        return _failure("died", f"its process was killed; if memory ran out, {LOWER}")
    return _failure("died", f"its process died with exit code {exit_code}")


def _work(task: Task, arguments: Mapping[str, Any], megabytes: int, parent: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who trains sets its own
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _let_go_of_standard_streams()
    torch.set_num_threads(1)  # as in training
    torch.set_flush_denormal(True)
    limit_memory(megabytes)
    parent.send_bytes(_outcome(task, arguments).encode())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _let_go_of_standard_streams() -> None:
    """Whoever talks to the parent sees its end when the parent has ended, not when all have."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    os.close(nothing)


def _outcome(task: Task, arguments: Mapping[str, Any]) -> str:
    try:
        return json.dumps({"answer": task(**arguments)})
    except Exception as error:
        cause = next((cause for kinds, cause in CAUSES.items() if isinstance(error, kinds)), "")
        return _failure(cause or "failed", error if cause else reason(error))


def _with_children(process: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def give_way(process: psutil.Process) -> None:
    """From now on it has the processor after those that somebody waits for, if that can be set."""
    with suppress(psutil.Error, OSError):
        if sys.platform != "linux":
            process.nice(LONG_NICENESS)
            return
        for thread in process.threads():  # there each has a priority of its own
            os.setpriority(os.PRIO_PROCESS, thread.id, LONG_NICENESS)


def _own_bytes(process: psutil.Process) -> int:
    """Memory that would be free if the process ended; 0 for one that has."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0
