"""What goes wrong around a dashboard in use: processes are killed, the store is out of reach."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from models.store import Store
from tests.benchmarks.processes import started_with
from tests.browser.server import Dashboard
from tests.faults.locks import locked
from tests.faults.small_disk import filled

PAUSE_SECONDS = (5.0, 15.0)
HELD_SECONDS = (1.0, 4.0)
"""How long the store is locked or its disk is full."""
FAULTS = {"lock": 4, "fill": 4, "kill_child": 6, "kill_warm": 2}
"""How often each is done, one after the other."""
RESTARTS = {"restart": 1}
"""The same, as long as the dashboard may be killed."""
AFTERMATH = {"lock": 6.0, "fill": 6.0, "kill_child": 3.0, "kill_warm": 20.0, "restart": 20.0}
"""For how many seconds afterwards it may still be felt: SQLite waits 5 s for a lock, a warm process
has to import torch, a dashboard all that it is, for forty visitors at once."""
FELT_BY_PAGES = ("lock", "fill", "restart")
FELT_BY_CHILDREN = ("kill_child", "kill_warm")
"""By questions and imports, which have a process of their own; pages must not notice."""


@dataclass
class Fault:
    """Something that went wrong, seconds of ``time.perf_counter``."""

    kind: str
    begun: float
    ended: float = float("inf")

    def felt(self, begun: float, ended: float, has_child: bool) -> bool:
        """Whether who waited that long may have noticed; ``has_child`` where for a process."""
        kinds = FELT_BY_PAGES + (FELT_BY_CHILDREN if has_child else ())
        return (
            self.kind in kinds
            and begun <= self.ended + AFTERMATH[self.kind]
            and ended >= self.begun
        )


@dataclass
class Chaos:
    """Does one thing after the other, in a thread, until ``stopped``."""

    dashboard: Dashboard
    store: Store
    disk: Path
    restarts_until: float
    """A time of ``time.perf_counter``."""
    seed: int = 0
    faults: list[Fault] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Returns once it is stopped, with everything as it was."""
        chance = random.Random(self.seed)
        while not self.stopped.wait(chance.uniform(*PAUSE_SECONDS)):
            begun = time.perf_counter()
            kinds = FAULTS | (RESTARTS if begun < self.restarts_until else {})
            kind = chance.choices(list(kinds), list(kinds.values()))[0]
            fault = Fault(kind, begun)
            self.faults.append(fault)
            does: Callable[[random.Random], None] = getattr(self, f"_{kind}")
            does(chance)
            fault.ended = time.perf_counter()

    @property
    def last_restart(self) -> float | None:
        """When the dashboard was there again."""
        ends = [one.ended for one in self.faults if one.kind == "restart"]
        return max(ends, default=None)

    def _lock(self, chance: random.Random) -> None:
        # Somebody else may have it for seconds.
        with suppress(sqlite3.OperationalError), locked(self.store):
            time.sleep(chance.uniform(*HELD_SECONDS))

    def _fill(self, chance: random.Random) -> None:
        with filled(self.disk):
            time.sleep(chance.uniform(*HELD_SECONDS))

    def _kill_child(self, chance: random.Random) -> None:
        _, children = self._computing()
        if children:
            _kill(chance.choice(children))

    def _kill_warm(self, _: random.Random) -> None:
        warm, _children = self._computing()
        for one in warm:
            _kill(one)

    def _restart(self, _: random.Random) -> None:
        self.dashboard.process.kill()
        self.dashboard.process.wait()
        self.dashboard.start()

    def _computing(self) -> tuple[list[psutil.Process], list[psutil.Process]]:
        """Warm processes, those of killed dashboards too; and all that they have forked."""
        serving = {}
        for one in started_with("MEMORY_LAB_STORE", self.dashboard.store_url):
            try:
                if one.cmdline()[-2:] == ["models", "serve"]:
                    serving[one.pid] = one.ppid()
            except psutil.NoSuchProcess:
                continue
        warm = [number for number, parent in serving.items() if parent not in serving]
        forked = [number for number in serving if number not in warm]
        return _alive(warm), _alive(forked)


def _alive(numbers: list[int]) -> list[psutil.Process]:
    return [psutil.Process(number) for number in numbers if psutil.pid_exists(number)]


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
