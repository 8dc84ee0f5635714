"""What a visitor of the dashboard does, over and over, and the record of it."""

from __future__ import annotations

import asyncio
import io
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import pandas as pd

from models.analysis.schema import TABLES
from models.experiment import Experiment
from tests.benchmarks.session import SessionError

ARRIVAL_SECONDS = 30.0
"""Within which all visitors come."""
THINKING_SECONDS = (40.0, 80.0)
"""Between two presses of one visitor, at least and at most."""
PAUSE_SECONDS = 2.0
"""After something that went wrong."""
EXPERIMENT = Experiment(
    cells=("rnn",),
    lengths=(10,),
    seeds=1,
    steps=20,
    evaluate_every=10,
    hidden_size=4,
    batch_size=8,
    held_out=32,
    device="cpu",
)
"""What everybody trains, with first seeds of their own."""
ROWS = 3
"""Of its accuracy.csv: one model, at initialisation and after 10 and 20 steps."""
ADDRESS = {
    name: getattr(EXPERIMENT, name)
    for name in (
        "cells",
        "lengths",
        "seeds",
        "steps",
        "evaluate_every",
        "hidden_size",
        "batch_size",
        "held_out",
        "device",
    )
}


class Window(Protocol):
    """A visitor's page, in a browser or without one.

    Raises SessionError where something cannot be done.
    """

    updates: list[float]

    @property
    def run(self) -> str: ...

    async def open(self, query: str) -> None: ...

    async def press(self, label: str) -> None: ...

    async def set_number(self, label: str, value: int) -> None: ...

    async def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]: ...

    async def download(self, label: str) -> bytes: ...

    async def close(self) -> None: ...


@dataclass
class Press:
    """A press of Train that was followed."""

    run: str
    pressed: float
    ended: float | None = None
    """Both of ``time.perf_counter``."""


@dataclass
class Record:
    """What all visitors saw."""

    answers: dict[str, list[float]] = field(default_factory=dict)
    """Seconds until the page had answered, by what was done."""
    presses: list[Press] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    """How often each was seen; run ids and other numbers are taken out."""
    files: int = 0
    """CSV files that were as they should be."""

    def error(self, message: str) -> None:
        """Counts an error."""
        self.errors[re.sub(r"\d[\w.-]*", "…", message)[:300]] += 1

    def answered(self, what: str, seconds: float) -> None:
        """The page has answered."""
        self.answers.setdefault(what, []).append(seconds)


@dataclass(frozen=True)
class Visitor:
    """One visitor and the page before it."""

    number: int
    kind: str
    """Browser or plain, as the record names it."""
    window: Window
    record: Record

    async def visit(self, end: float) -> None:
        """Comes, and trains until ``end``, a time of the event loop."""
        chance = random.Random(self.number)
        try:
            async with asyncio.timeout_at(end):
                await asyncio.sleep(chance.uniform(0, ARRIVAL_SECONDS))
                while True:
                    await self._stay(chance)
        except TimeoutError:
            pass
        finally:
            for seconds in self.window.updates:
                self.record.answered(f"{self.kind}, live update", seconds)
            await self.window.close()

    async def _stay(self, chance: random.Random) -> None:
        """Opens the page and trains three times: as opened, again, and with another first seed."""
        seed = chance.randrange(10**6)
        try:
            async with self._answer("page load"):
                await self.window.open(urlencode({**ADDRESS, "first_seed": seed}, doseq=True))
            await self._train(seed)
            await asyncio.sleep(chance.uniform(*THINKING_SECONDS))
            await self._train(seed)
            await asyncio.sleep(chance.uniform(*THINKING_SECONDS))
            async with self._answer("another setting"):
                await self.window.set_number("First seed", seed + 1)
            await self._train(seed + 1)
            await asyncio.sleep(chance.uniform(*THINKING_SECONDS))
        except SessionError as error:
            self.record.error(f"{self.kind}: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _train(self, seed: int) -> None:
        press = await self._press()
        if (how := await self._until_ended(press)) != "finished":
            raise SessionError(f"the run {how}")
        await self._download(seed, ROWS)

    async def _press(self) -> Press:
        before, pressed = self.window.run, time.perf_counter()
        async with self._answer("press of Train"):
            await self.window.press("Train")
        run = self.window.run
        if run in ("", before):
            raise SessionError("Train started no run")
        press = Press(run, pressed)
        self.record.presses.append(press)
        return press

    async def _until_ended(self, press: Press) -> str:
        """Follows the run; how it has ended."""
        ended = re.compile(rf"{re.escape(press.run)} (was )?(finished|stopped|failed|interrupted)")
        how = await self.window.wait_for(ended)
        press.ended = time.perf_counter()
        return how[2]

    async def _download(self, seed: int, expected: int) -> None:
        async with self._answer("download"):
            content = await self.window.download("accuracy.csv")
        rows = pd.read_csv(io.BytesIO(content))
        if tuple(rows.columns) != TABLES["accuracy"] or len(rows) != expected:
            raise SessionError(f"accuracy.csv has {len(rows)} rows of {list(rows.columns)}")
        if set(rows["seed"]) != {seed}:
            raise SessionError("accuracy.csv has other seeds")
        self.record.files += 1

    @asynccontextmanager
    async def _answer(self, what: str) -> AsyncIterator[None]:
        asked = time.perf_counter()
        yield
        self.record.answered(f"{self.kind}, {what}", time.perf_counter() - asked)
