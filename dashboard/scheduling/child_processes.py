"""Runs and questions as children of ``python -m models serve``, the process that has torch loaded.

There is one such process at any time; where it is missing it is started, where it has died it is
started again. It owns its children: none of them outlives it by much.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESTART_SECONDS = 5.0
"""Least time between two starts of the warm process."""


class ChildError(Exception):
    """Why a child has no answer: a line for people, and the ``cause``, see ChildProcess."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class Child:
    """A task in a process of its own."""

    def __init__(self, end: Callable[[float], None]) -> None:
        self.end_within = end
        """Gives it so many seconds more; 0 kills it at once."""
        self.result: Future[Any] = Future()
        """Its answer, or a ChildError; done once its process has ended."""
        self.process: str | None = None
        """What the store calls it, once it is there."""


class ChildProcesses:
    """Starts children; safe to call from any thread."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """``variables`` are the environment of every process beside our own."""
        self._environment = {**os.environ, **variables, "PYTHONPATH": str(ROOT)}
        self._lock = threading.Lock()
        self._warm: _WarmProcess | None = None
        self._closed = False

    def warm_up(self) -> None:
        """Starts the warm process where there is none, so that a child is there at once."""
        with contextlib.suppress(ChildError):
            self._warm_process()

    def start(
        self,
        task: str,
        arguments: Mapping[str, Any],
        megabytes: int,
        seconds: float | None = None,
    ) -> Child:
        """Carries out a task of ``models.service.serving`` within these bounds.

        Raises ChildError where there is no process that could.
        """
        bounds = {"megabytes": megabytes, "seconds": seconds}
        return self._warm_process().start({"task": task, "arguments": arguments, **bounds})

    def close(self) -> None:
        """Ends every process."""
        with self._lock:
            self._closed = True
            if self._warm:
                self._warm.popen.kill()  # and with it its children
                self._warm.popen.wait()

    def _warm_process(self) -> _WarmProcess:
        with self._lock:
            if self._closed:
                raise ChildError("the dashboard is closing", "died")
            if self._warm is None or not self._warm.alive:
                if self._warm and time.monotonic() < self._warm.started + RESTART_SECONDS:
                    raise ChildError("the process that computes has died: try again soon", "died")
                self._warm = _WarmProcess(self._environment)
            return self._warm


class _WarmProcess:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.started = time.monotonic()
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "models", "serve"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._children: dict[int, Child] = {}
        self._numbers = count()
        self._writing = threading.Lock()
        threading.Thread(target=self._listen, daemon=True, name="children").start()

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def start(self, wanted: Mapping[str, Any]) -> Child:
        number = next(self._numbers)
        child = Child(lambda seconds: self._write({"end": number, "seconds": seconds}))
        self._children[number] = child
        self._write({"start": number, **wanted})
        if not self.alive:  # it may have died before the child was there to be given up
            self._give_up()
        return child

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self.popen.stdin
        with self._writing, contextlib.suppress(OSError):  # dead: then its children are given up
            print(json.dumps(message), file=self.popen.stdin, flush=True)

    def _listen(self) -> None:
        assert self.popen.stdout
        for line in self.popen.stdout:
            match json.loads(line):
                case {"started": number, "process": process}:
                    self._children[number].process = process
                case {"ended": number, "answer": answer}:
                    self._children.pop(number).result.set_result(answer)
                case {"ended": number, "error": error, "cause": cause}:
                    self._children.pop(number).result.set_exception(ChildError(error, cause))
        self.popen.wait()
        self._give_up()

    def _give_up(self) -> None:
        while self._children:
            with contextlib.suppress(KeyError):
                _, child = self._children.popitem()
                child.result.set_exception(ChildError("its process was killed", "died"))
