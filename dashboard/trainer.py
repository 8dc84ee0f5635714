"""Starts, queues and stops training. The pages never train: the command line does, as a process.

A warm process has imported torch and waits for the id of a run on its standard input, so the first
points appear soon after the press. It ends with its run, which gives its memory back; the next one
is started when nothing is training.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from models.results.store import Store

ROOT = Path(__file__).resolve().parents[1]
POLL_SECONDS = 0.1
GRACE_SECONDS = 20.0
"""How long a run may take to end after Stop before its process is killed."""
LOST_SECONDS = 120.0
"""A run that has said nothing for so long, and is not ours, has lost its process."""


def process_limit() -> int:
    """How many runs train at once: one for every two cores."""
    return max(1, (os.cpu_count() or 2) // 2)


@dataclass
class _Process:
    """A trainer process: warm, or with the run it was given."""

    popen: subprocess.Popen[str]
    errors: Path
    """What it writes to standard error."""
    run: str | None = None
    stop_by: float | None = None

    def last_words(self) -> str:
        if self.popen.returncode == -signal.SIGKILL:
            return (
                "its process was killed; if memory ran out, lower the hidden size, the batch size, "
                "the lengths or the seeds"
            )
        text = self.errors.read_text(errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.popen.returncode}"


@dataclass
class Trainer:
    """The queue of runs and the processes that train them; safe to call from any session."""

    store: Store
    store_url: str | None = None
    limit: int = field(default_factory=process_limit)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[str] = []
        self._running: dict[str, _Process] = {}
        self._warm: _Process | None = None
        self._closed = False
        self._close_lost_runs()
        threading.Thread(target=self._work, daemon=True, name="trainer").start()

    def submit(self, run: str) -> None:
        """Puts a run of the store into the queue."""
        with self._changed:
            self._queue.append(run)
            self._changed.notify()

    def place(self, run: str) -> int:
        """How many runs are ahead in the queue, itself counted; 0 where it does not wait."""
        with self._changed:
            return self._queue.index(run) + 1 if run in self._queue else 0

    def stop(self, run: str) -> None:
        """Ends a run soon; what it has measured stays."""
        with self._changed:
            self.store.request_stop(run)
            if run in self._queue:
                self._queue.remove(run)
                self.store.finish(run, "stopped")
            elif run in self._running:
                self._running[run].stop_by = time.monotonic() + GRACE_SECONDS
            self._changed.notify()

    def close(self) -> None:
        """Ends every process, for tests."""
        with self._changed:
            self._closed = True
            processes = [*self._running.values(), *([self._warm] if self._warm else [])]
            self._changed.notify()
        for process in processes:
            process.popen.kill()
            process.popen.wait()
            process.errors.unlink(missing_ok=True)

    def _work(self) -> None:
        with self._changed:
            while not self._closed:
                self._end_overdue()
                self._reap()
                self._start()
                # A warm process that waits needs no attention.
                busy = self._running or self._queue
                self._changed.wait(POLL_SECONDS if busy else None)

    def _start(self) -> None:
        while self._queue and len(self._running) < self.limit:
            process = self._take_warm()
            process.run = self._queue.pop(0)
            self._running[process.run] = process
            assert process.popen.stdin is not None
            # A process that died just now is told by _reap.
            with contextlib.suppress(BrokenPipeError):
                process.popen.stdin.write(process.run + "\n")
                process.popen.stdin.close()
        if self._warm is None and not self._running:
            self._warm = self._spawn()

    def _take_warm(self) -> _Process:
        warm, self._warm = self._warm, None
        return warm if warm and warm.popen.poll() is None else self._spawn()

    def _spawn(self) -> _Process:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if self.store_url:
            environment["MEMORY_LAB_STORE"] = self.store_url
        descriptor, errors = tempfile.mkstemp(prefix="memory-lab-", suffix=".log")
        popen = subprocess.Popen(
            [sys.executable, "-m", "models", "train", "--run", "-"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=descriptor,
            text=True,
        )
        os.close(descriptor)
        return _Process(popen, Path(errors))

    def _end_overdue(self) -> None:
        for process in self._running.values():
            if process.stop_by is not None and time.monotonic() > process.stop_by:
                process.popen.kill()

    def _reap(self) -> None:
        for run, process in list(self._running.items()):
            if process.popen.poll() is None:
                continue
            del self._running[run]
            with contextlib.suppress(KeyError):  # deleted meanwhile
                if self.store.run(run).status in ("queued", "running"):
                    if process.stop_by is not None:
                        self.store.finish(run, "stopped")
                    else:
                        self.store.finish(run, "failed", process.last_words())
            process.errors.unlink(missing_ok=True)

    def _close_lost_runs(self) -> None:
        """Runs of a dashboard that is gone: nobody will train or finish them."""
        for run in self.store.runs():
            silent = time.time() - run.updated.timestamp()
            if run.status in ("queued", "running") and silent > LOST_SECONDS:
                self.store.finish(run.id, "failed", "its process is gone; what it measured is kept")
