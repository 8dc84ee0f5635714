"""A process of ``python -m models serve``: it answers questions, and trains run after run."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from models.settings.configuration import MEBIBYTE
from models.store.process import identity

ROOT = Path(__file__).resolve().parents[2]


class QuestionError(Exception):
    """Why a question has no answer."""


class ProcessGoneError(Exception):
    """The process ended before it answered."""


class TrainerProcess:
    """Warm, or with the run that it was given."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """``variables`` are its environment beside our own."""
        environment = {**os.environ, **variables, "PYTHONPATH": str(ROOT)}
        descriptor, errors = tempfile.mkstemp(prefix="memory-lab-", suffix=".log")
        self.errors = Path(errors)
        """What it writes to standard error."""
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "models", "serve"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            text=True,
        )
        os.close(descriptor)
        self.identity = identity(self.popen.pid)
        """How the store calls it."""
        self.ended = False
        """Whether it has said that its run has ended."""
        self.goes_on = True
        """Whether another run may follow; else it ends by itself."""
        self.stop_by: float | None = None
        """When its run must have ended, since it was told to stop."""
        self.too_large = False
        """Whether it was killed for the memory that it took."""
        self._numbers = count()
        self._open: dict[int, Future[Any]] = {}
        self._writing = threading.Lock()
        threading.Thread(target=self._listen, daemon=True, name="answers").start()

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def train(self, run_id: str) -> None:
        """Gives it a run of the store. One that died just now is told by ``alive``."""
        self.ended, self.stop_by, self.too_large = False, None, False
        with contextlib.suppress(OSError):
            self._write({"run": run_id, "process": self.identity})

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Future[Any]:
        """The answer to come; QuestionError where there is none, ProcessGoneError where it died."""
        future: Future[Any] = Future()
        with self._writing:
            number = next(self._numbers)
            self._open[number] = future
        try:
            self._write({"question": number, "name": name, "arguments": arguments})
        except OSError:
            self._give_up()
        return future

    def megabytes(self) -> float:
        """What it and all its processes take for themselves, in MiB."""
        return sum(_own_bytes(one) for one in _with_children(self.popen.pid)) / MEBIBYTE

    def last_words(self) -> str:
        """Why it ended, for people."""
        if self.popen.returncode == -signal.SIGKILL:
            return (
                "its process was killed; if memory ran out, lower the hidden size, the batch size, "
                "the lengths or the seeds"
            )
        text = self.errors.read_text(errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.popen.returncode}"

    def kill(self) -> None:
        """Ends it at once."""
        self.popen.kill()
        self.popen.wait()
        self.errors.unlink(missing_ok=True)

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self.popen.stdin is not None
        with self._writing:
            self.popen.stdin.write(json.dumps(message) + "\n")
            self.popen.stdin.flush()

    def _listen(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            message = json.loads(line)
            if "ended" in message:
                self.goes_on = message["goes_on"]
                self.ended = True
                continue
            future = self._open.pop(message["question"])
            if "error" in message:
                future.set_exception(QuestionError(message["error"]))
            else:
                future.set_result(message["answer"])
        self._give_up()

    def _give_up(self) -> None:
        with self._writing:
            lost, self._open = list(self._open.values()), {}
        for future in lost:
            future.set_exception(ProcessGoneError())


def _with_children(process: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _own_bytes(process: psutil.Process) -> int:
    """Memory that would be free if the process ended; 0 for one that has."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0
