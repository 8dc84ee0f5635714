"""Decides which run trains when. The pages never train: a child process does, see child_processes.

The queue is in the store: runs that wait outlive the dashboard, and so does one that trains, which
continues to its end and takes a place until then. A run that has not been viewed for a while is
preempted where others wait: it stops, and continues from there when its turn comes again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.scheduling.child_processes import Child, ChildError, ChildProcesses
from dashboard.scheduling.machine_speed import MachineSpeed
from dashboard.scheduling.questions import Requests
from dashboard.scheduling.run_queue import Place, Queue
from models.exchange.files import export
from models.exchange.import_run import discard_broken_off
from models.experiment.cost import Speed, estimate
from models.settings.configuration import Configuration
from models.store import Status, Store, StoreError, UnknownRunError
from models.store.housekeeping import tidy
from models.store.lost_runs import close_lost_runs
from models.store.process import is_here
from models.store.run import Run

POLL_SECONDS = 0.2
"""How often it looks after what trains and waits."""
IDLE_SECONDS = 2.0
"""The same where nothing does: somebody else may have put a run into the store."""
LOOK_SECONDS = 15.0
"""How often it looks for lost runs, and tidies up."""
GRACE_SECONDS = 20.0
"""How long a run may take to end after Stop before its process is killed."""
RETRY_SECONDS = 5.0
"""How long it starts nothing after a child that has not come to its end."""
SMALL_EXPORT_BYTES = 500_000
"""What a run takes in the store whose export costs the dashboard next to nothing."""

log = logging.getLogger("memory_lab.scheduler")


@dataclass
class _Training:
    """A run in a child process, from before the process is there until the store knows its end."""

    child: Child
    viewed: float = field(default_factory=time.monotonic)
    """When somebody looked at it last."""
    preempted: bool = False
    """Whether it gives its place to others and goes back into the queue."""
    stopped: bool = False
    """Whether somebody has ended it; then it does not go back."""


class Scheduler:
    """The queue of runs and the runs in training; safe to call from any session."""

    def __init__(
        self, store: Store, configuration: Configuration, variables: Mapping[str, str]
    ) -> None:
        """``variables`` are the environment of every process beside our own."""
        self.store, self.configuration = store, configuration
        self.queue = Queue()
        """As it was a moment ago."""
        self._machine = MachineSpeed()
        self._children = ChildProcesses(variables)
        self._requests = Requests(self._children, configuration.megabytes)
        self._training: dict[str, _Training] = {}
        self._wake = threading.Event()
        self._closed = False
        self._next_look = self._next_start = 0.0
        threading.Thread(target=self._work, daemon=True, name="scheduler").start()
        threading.Thread(target=self._measure_speed, daemon=True, name="speed").start()

    @property
    def speed(self) -> Speed:
        """This machine's, as far as it is known."""
        return self._machine.now

    def wake(self) -> None:
        """There is something new in the store."""
        self._wake.set()

    def place(self, run_id: str) -> Place | None:
        """Where the run stands in the queue; None where it does not wait."""
        return self.queue.place(run_id, self.configuration.trainers, self.seconds)

    def seconds(self, run: Run) -> float:
        """How long the run takes here from its beginning to its end, about, or at most."""
        narrows = run.narrows.seconds if run.narrows else 0.0
        return narrows + estimate(run.experiment, self.speed, earlier=run.earlier).seconds

    def mark_viewed(self, run_id: str) -> None:
        """Somebody looks at the run now."""
        if training := self._training.get(run_id):
            training.viewed = time.monotonic()

    def stop(self, run_id: str) -> None:
        """Ends a run soon; what it has measured stays. Raises StoreError."""
        if self.store.run(run_id).status == "queued":
            self.store.finish(run_id, "stopped")
        self.store.request_stop(run_id)
        if training := self._training.get(run_id):
            training.stopped = True
            training.child.end_within(GRACE_SECONDS)
        self.wake()

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The answer to one of ``models.service.questions``. Raises ChildError."""
        return self._requests.ask(name, arguments, self.speed)

    def import_files(self, paths: Sequence[Path], visitor: str) -> list[str]:
        """Makes exported results runs of this visitor's; returns their ids. Raises ChildError."""
        return self._requests.import_files(paths, visitor)

    def export(self, run_id: str, name: str, path: Path) -> None:
        """Writes one file of a run's export, see ``models.exchange.files.export``.

        A small one is written here, in less time than a process takes to start. Raises ChildError,
        StoreError, OSError.
        """
        if self.store.run(run_id).size < SMALL_EXPORT_BYTES:
            export(self.store, run_id, name, path)
        else:
            self._requests.export(run_id, name, path)

    def produce(self, product: str, **arguments: Any) -> None:
        """Makes one of ``models.service.products`` for a paper, never in this process.

        Raises ChildError.
        """
        self._requests.produce(product, arguments)

    def close(self) -> None:
        """Ends every process, for tests."""
        self._closed = True
        self.wake()
        self._children.close()

    def _work(self) -> None:
        while not self._closed:
            try:
                self._look_after()
            except StoreError as error:
                log.warning("the store does not answer: %s", error)
            except Exception:
                log.exception("the scheduler goes on after an error")
            busy = self._training or self.queue.waiting
            self._wake.wait(POLL_SECONDS if busy else IDLE_SECONDS)
            self._wake.clear()

    def _look_after(self) -> None:
        self._children.warm_up()
        for run_id, training in list(self._training.items()):
            if training.child.result.done():
                self._settle(run_id, training)
        self._look_around()
        self._look_at_queue()
        self._preempt()
        self._start()

    def _look_at_queue(self) -> None:
        self.queue = Queue.of(self.store.active(), begun=self._training)

    def _start(self) -> None:
        while (
            (run := self.queue.next()) and self._has_room() and time.monotonic() > self._next_start
        ):
            try:
                child = self._children.start(
                    "train", {"run_id": run.id}, self.configuration.megabytes
                )
            except ChildError as error:
                log.warning("no run is started: %s", error)
                return
            log.info("run handed over", extra={"run": run.id})
            self._training[run.id] = _Training(child)
            self._look_at_queue()

    def _has_room(self) -> bool:
        """Whether one more run may train here; those of a dashboard that is gone count."""
        others = [
            run
            for run in self.queue.training
            if run.id not in self._training and run.visitor and run.process and is_here(run.process)
        ]
        return len(self._training) + len(others) < self.configuration.trainers

    def _preempt(self) -> None:
        """Stops a run that is not being viewed, where others wait and none may start."""
        if self.queue.next() is None or self._has_room():
            return
        long_ago = time.monotonic() - 60 * self.configuration.unattended_minutes
        for run_id, training in self._training.items():
            if training.viewed < long_ago and not (training.preempted or training.stopped):
                log.info("run preempted", extra={"run": run_id})
                training.preempted = True
                self.store.request_stop(run_id)
                return

    def _settle(self, run_id: str, training: _Training) -> None:
        """Stores how a run has ended, where its process has not; then it is no longer scheduled."""
        error = training.child.result.exception()
        if isinstance(error, ChildError):
            self._close(run_id, training.child, error)
        if training.preempted and not training.stopped:
            self.store.resume(run_id)
        del self._training[run_id]
        self._next_look = 0.0
        with suppress(UnknownRunError):  # it was deleted meanwhile
            self._machine.learn(self.store.run(run_id))

    def _close(self, run_id: str, child: Child, error: ChildError) -> None:
        log.warning("run not trained to its end: %s", error, extra={"run": run_id})
        self._next_start = time.monotonic() + RETRY_SECONDS
        status, message = _how_it_ended(error)
        ended = self.store.finish(run_id, status, message, child.process)
        # It could not even begin, and could not the next time.
        if not ended and status == "failed" and self.store.run(run_id).status == "queued":
            self.store.finish(run_id, status, message)

    def _look_around(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        # Why one of our own was broken off is known when it is settled.
        for run_id in close_lost_runs(self.store, but=self._training):
            log.warning("lost run closed", extra={"run": run_id})
        keep = self.configuration.keep_runs, self.configuration.keep_megabytes
        for run_id in tidy(self.store, *keep):
            log.info("run tidied away", extra={"run": run_id})
        discard_broken_off(self.store)

    def _measure_speed(self) -> None:
        try:
            self._machine.measured(Speed.from_answer(self.ask("speed", {})))
        except ChildError as error:
            log.warning("the machine's speed is not known: %s", error)
        log.info("speed measured", extra={"speed": str(self.speed)})


def _how_it_ended(error: ChildError) -> tuple[Status, str]:
    match error.cause:
        case "time":  # it did not end by itself after Stop
            return "stopped", ""
        case "failed" | "memory" | "refused":
            return "failed", str(error)
        case _:
            return "interrupted", str(error)
