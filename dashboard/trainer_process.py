"""A process of ``python -m models serve``: it answers questions, and trains one run."""

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

ROOT = Path(__file__).resolve().parents[1]


class QuestionError(Exception):
    """Why a question has no answer."""


class ProcessGoneError(Exception):
    """The process ended before it answered."""


class TrainerProcess:
    """Warm, or with the run that it was given."""

    def __init__(self, store_url: str | None) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if store_url:
            environment["MEMORY_LAB_STORE"] = store_url
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
        self.run: str | None = None
        self.stop_by: float | None = None
        self._numbers = count()
        self._open: dict[int, Future[Any]] = {}
        self._writing = threading.Lock()
        threading.Thread(target=self._listen, daemon=True, name="answers").start()

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def train(self, run: str) -> None:
        """Gives it a run of the store. One that died just now is told by ``alive``."""
        self.run = run
        with contextlib.suppress(OSError):
            self._write({"run": run})

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
            told = json.loads(line)
            future = self._open.pop(told["question"])
            if "error" in told:
                future.set_exception(QuestionError(told["error"]))
            else:
                future.set_result(told["answer"])
        self._give_up()

    def _give_up(self) -> None:
        with self._writing:
            lost, self._open = list(self._open.values()), {}
        for future in lost:
            future.set_exception(ProcessGoneError())
