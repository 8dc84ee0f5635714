"""Starts and stops training. The pages never train: the command line does, as a process.

A warm process has imported torch and waits for a run, so that the first points appear soon after
the press. It trains in processes of its own, which give their memory back, and then waits for the
next run. Quick questions go to the same process, whether it waits or trains.

The queue is in the store: runs that wait outlive the dashboard, and so does one that trains, which
goes on to its end and counts as long. A run that nobody has looked at for a while gives way to
others that wait: it stops, and continues from there when its turn comes again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from dashboard.scheduling.run_queue import Place, Queue
from dashboard.scheduling.trainer_process import ProcessGoneError, QuestionError, TrainerProcess
from models.experiment import Experiment
from models.experiment.cost import REFERENCE, Speed, estimate
from models.settings.configuration import Configuration
from models.store import Status, Store, StoreError
from models.store.housekeeping import tidy
from models.store.lost_runs import close_lost_runs
from models.store.process import is_here

POLL_SECONDS = 0.2
"""How often it looks after what trains and waits."""
IDLE_SECONDS = 2.0
"""The same where nothing does: somebody else may have put a run into the store."""
WEIGH_SECONDS = 1.0
"""How often it looks at the memory of what trains."""
LOOK_SECONDS = 15.0
"""How often it looks for lost runs, and tidies up."""
GRACE_SECONDS = 20.0
"""How long a run may take to end after Stop before its process is killed."""
ANSWER_SECONDS = 60.0
ATTEMPTS = 3
"""How often a question is asked where the process dies over it, as when its run has ended."""

log = logging.getLogger("memory_lab.trainer")


class Trainer:
    """The queue of runs and the processes that train them; safe to call from any session."""

    def __init__(
        self, store: Store, configuration: Configuration, variables: Mapping[str, str]
    ) -> None:
        """``variables`` are the environment of every process beside our own."""
        self.store, self.configuration = store, configuration
        self.queue = Queue()
        """As it was a moment ago."""
        self.speed: Speed = REFERENCE
        """This machine's, once it is measured."""
        self._variables = dict(variables)
        self._lock = threading.Lock()
        self._running: dict[str, TrainerProcess] = {}
        self._warm: TrainerProcess | None = None
        self._watched: dict[str, float] = {}
        self._giving_way: set[str] = set()
        self._wake = threading.Event()
        self._closed = False
        self._next_look = self._next_weighing = 0.0
        threading.Thread(target=self._work, daemon=True, name="trainer").start()
        threading.Thread(target=self._measure_speed, daemon=True, name="speed").start()

    def wake(self) -> None:
        """There is something new in the store."""
        self._wake.set()

    def place(self, run_id: str) -> Place | None:
        """Where the run stands in the queue; None where it does not wait."""
        return self.queue.place(run_id, self.configuration.trainers, self.seconds)

    def seconds(self, experiment: Experiment) -> float:
        """How long it takes here, about."""
        return estimate(experiment, self.speed).seconds

    def watch(self, run_id: str) -> None:
        """Somebody looks at the run now."""
        self._watched[run_id] = time.monotonic()

    def stop(self, run_id: str) -> None:
        """Ends a run soon; what it has measured stays. Raises StoreError."""
        if self.store.run(run_id).status == "queued":
            self.store.finish(run_id, "stopped")
        self.store.request_stop(run_id)
        with self._lock:
            self._giving_way.discard(run_id)
            if run_id in self._running:
                self._running[run_id].stop_by = time.monotonic() + GRACE_SECONDS
        self.wake()

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The answer to one of ``models.service.questions``. Raises QuestionError."""
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
        with self._lock:
            self._closed = True
            processes = [*self._running.values(), *([self._warm] if self._warm else [])]
        self.wake()
        for process in processes:
            process.kill()

    def _work(self) -> None:
        while not self._closed:
            try:
                self._look_after()
            except StoreError as error:
                log.warning("the store does not answer: %s", error)
            except Exception:
                log.exception("the trainer goes on after an error")
            busy = self._running or self.queue.waiting
            self._wake.wait(POLL_SECONDS if busy else IDLE_SECONDS)
            self._wake.clear()

    def _look_after(self) -> None:
        self._kill_where_due()
        self._reap()
        self._look_around()
        self.queue = Queue.of(self.store.active())
        self._give_way()
        self._start()

    def _start(self) -> None:
        while (run := self.queue.next()) and self._at_work() < self.configuration.trainers:
            process = self._take_warm()
            if self.store.claim(run.id, process.identity):
                log.info("run handed over", extra={"run": run.id, "trainer": process.popen.pid})
                with self._lock:
                    self._running[run.id] = process
                self.watch(run.id)
                process.train(run.id)
            else:
                with self._lock:
                    self._warm = process
            self.queue = Queue.of(self.store.active())
        with self._lock:
            if self._warm is None and not self._running and not self._closed:
                self._warm = TrainerProcess(self._variables)

    def _at_work(self) -> int:
        """How many train here, those of a dashboard that is gone included."""
        others = [
            run
            for run in self.queue.training
            if run.id not in self._running and run.visitor and run.process and is_here(run.process)
        ]
        return len(self._running) + len(others)

    def _take_warm(self) -> TrainerProcess:
        with self._lock:
            warm, self._warm = self._warm, None
        return warm if warm and warm.alive else TrainerProcess(self._variables)

    def _at_hand(self) -> TrainerProcess:
        """Whoever can answer: the warm process, or one that trains."""
        with self._lock:
            for process in (self._warm, *self._running.values()):
                if process and process.alive:
                    return process
            if self._closed:
                raise QuestionError("the trainer is closed")
            self._warm = TrainerProcess(self._variables)
            return self._warm

    def _give_way(self) -> None:
        """Runs that nobody looks at, where others wait and no trainer is free."""
        if self.queue.next() is None or self._at_work() < self.configuration.trainers:
            return
        long_ago = time.monotonic() - 60 * self.configuration.unattended_minutes
        for run in self._running:
            if self._watched.get(run, 0.0) < long_ago and run not in self._giving_way:
                log.info("run gives way", extra={"run": run})
                self._giving_way.add(run)
                self.store.request_stop(run)
                return

    def _kill_where_due(self) -> None:
        if time.monotonic() < self._next_weighing:
            return
        self._next_weighing = time.monotonic() + WEIGH_SECONDS
        for run, process in list(self._running.items()):
            overdue = process.stop_by is not None and time.monotonic() > process.stop_by
            too_large = process.megabytes() > self.configuration.megabytes
            if process.alive and (overdue or too_large):
                log.warning("trainer killed", extra={"run": run, "too_large": too_large})
                process.too_large = too_large
                process.popen.kill()

    def _reap(self) -> None:
        for run, process in list(self._running.items()):
            if process.alive and not process.ended:
                continue
            if not process.ended:
                status, message = self._how_it_ended(process)
                if self.store.finish(run, status, message, process.identity):
                    log.warning("run broken off: %s", message, extra={"run": run})
            if run in self._giving_way:
                self.store.resume(run)
            with self._lock:
                del self._running[run]
                self._giving_way.discard(run)
            self._watched.pop(run, None)
            self._next_look = 0.0
            self._keep_warm(process)

    def _keep_warm(self, process: TrainerProcess) -> None:
        """What has trained may train again: torch is imported."""
        with self._lock:
            if process.alive and process.goes_on and self._warm is None:
                self._warm = process
                return
        process.kill()

    def _how_it_ended(self, process: TrainerProcess) -> tuple[Status, str]:
        """Of a process that has not told the store itself."""
        if process.too_large:
            allowed = self.configuration.megabytes
            return "failed", (
                f"it took more than the {allowed} MiB that a trainer may take: lower the hidden "
                "size, the batch size, the lengths or the seeds"
            )
        if process.stop_by is not None:
            return "stopped", ""
        return "interrupted", process.last_words()

    def _look_around(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        # Why one of our own was broken off is known when it is reaped.
        for run in close_lost_runs(self.store, but=self._running):
            log.warning("lost run closed", extra={"run": run})
        keep = self.configuration.keep_runs, self.configuration.keep_megabytes
        for run in tidy(self.store, *keep):
            log.info("run tidied away", extra={"run": run})

    def _measure_speed(self) -> None:
        try:
            self.speed = Speed.from_answer(self.ask("speed", {}))
        except QuestionError as error:
            log.warning("the machine's speed is not known: %s", error)
        log.info("speed measured", extra={"speed": str(self.speed)})
