"""Starts, queues and stops training. The pages never train: the command line does, as a process.

A warm process has imported torch and waits for a run, so that the first points appear soon after
the press. It ends with its run, which gives its memory back; the next one is started when nothing
is training. Quick questions go to the same process, whether it waits or trains.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dashboard.trainer_process import ProcessGoneError, QuestionError, TrainerProcess
from models.results.store import Store

POLL_SECONDS = 0.1
GRACE_SECONDS = 20.0
"""How long a run may take to end after Stop before its process is killed."""
ANSWER_SECONDS = 60.0
ATTEMPTS = 3
"""How often a question is asked where the process dies over it, as when its run has ended."""
LOST_SECONDS = 120.0
"""A run that has said nothing for so long, and is not ours, has lost its process."""
LOOK_SECONDS = LOST_SECONDS / 4
"""How often it looks for such runs, and says that its own are not."""


def process_limit() -> int:
    """How many runs train at once: one for every two cores."""
    return max(1, (os.cpu_count() or 2) // 2)


@dataclass
class Trainer:
    """The queue of runs and the processes that train them; safe to call from any session."""

    store: Store
    store_url: str | None = None
    limit: int = field(default_factory=process_limit)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[str] = []
        self._running: dict[str, TrainerProcess] = {}
        self._warm: TrainerProcess | None = None
        self._closed = False
        self._next_look = 0.0
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

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The answer to a quick question, see ``models.questions``. Raises QuestionError."""
        for _ in range(ATTEMPTS):
            process = self._at_hand()
            try:
                return process.ask(name, arguments).result(ANSWER_SECONDS)
            except ProcessGoneError:
                process.popen.wait()  # until then it still looks alive
            except TimeoutError as error:
                raise QuestionError(f"no answer within {ANSWER_SECONDS:.0f} s") from error
        raise QuestionError("the process that should answer has died")

    def close(self) -> None:
        """Ends every process, for tests."""
        with self._changed:
            self._closed = True
            processes = [*self._running.values(), *([self._warm] if self._warm else [])]
            self._changed.notify()
        for process in processes:
            process.kill()

    def _work(self) -> None:
        with self._changed:
            while not self._closed:
                self._end_overdue()
                self._reap()
                self._start()
                self._look_for_lost_runs()
                # A warm process that waits needs no attention.
                busy = self._running or self._queue
                self._changed.wait(POLL_SECONDS if busy else LOOK_SECONDS)

    def _start(self) -> None:
        while self._queue and len(self._running) < self.limit:
            process = self._take_warm()
            run = self._queue.pop(0)
            self._running[run] = process
            process.train(run)
        if self._warm is None and not self._running:
            self._warm = TrainerProcess(self.store_url)

    def _take_warm(self) -> TrainerProcess:
        warm, self._warm = self._warm, None
        return warm if warm and warm.alive else TrainerProcess(self.store_url)

    def _at_hand(self) -> TrainerProcess:
        """Whoever can answer: the warm process, or one that trains."""
        with self._changed:
            for process in (self._warm, *self._running.values()):
                if process and process.alive:
                    return process
            self._warm = TrainerProcess(self.store_url)
            return self._warm

    def _end_overdue(self) -> None:
        for process in self._running.values():
            if process.stop_by is not None and time.monotonic() > process.stop_by:
                process.popen.kill()

    def _reap(self) -> None:
        for run, process in list(self._running.items()):
            if process.alive:
                continue
            del self._running[run]
            with contextlib.suppress(KeyError):  # deleted meanwhile
                if self.store.run(run).status in ("queued", "running"):
                    if process.stop_by is not None:
                        self.store.finish(run, "stopped")
                    else:
                        self.store.finish(run, "failed", process.last_words())
            process.errors.unlink(missing_ok=True)

    def _look_for_lost_runs(self) -> None:
        """Runs of a dashboard that is gone: nobody will train or finish them."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        with contextlib.suppress(SQLAlchemyError):  # another time
            self.store.heard_of([*self._queue, *self._running])
            lost = datetime.now(UTC) - timedelta(seconds=LOST_SECONDS)
            for run in self.store.silent(lost):
                self.store.finish(run, "failed", "its process is gone; what it measured is kept")
