"""Visitors who train, ask, import, look, stop, reload and leave, in any order."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from models.exchange.files import EXPERIMENT as DESCRIPTION
from models.experiment import Experiment
from models.training.weights import FILE as WEIGHTS
from models.training.weights import KIND
from tests.benchmarks.session import Session, SessionError
from tests.benchmarks.visits import ADDRESS, Press, Record, Visitor
from tests.browser.server import ROOT

ACTIONS = {"train": 4, "stop": 2, "ask": 4, "ask_too_much": 1, "open_export": 2, "open_bomb": 1}
"""What a visitor does next, and how often."""
LOOKS = {"look": 3, "reload": 2}
"""The same, once there is something to look at."""
LEAVING = 0.2
"""How often somebody leaves in the middle of it, within so many seconds:"""
LEAVING_SECONDS = (0.05, 4.0)
PAUSE_SECONDS = (5.0, 25.0)
"""From one thing to the next."""
STEPS = (20, 200, 500)
EVERY = 10
MANY_STEPS = 5_000
"""Until somebody stops them."""
CELLS = ("rnn", "lstm", "gru", "rnn:activation=relu", "gru:fast=yes")
TOO_MUCH = {
    "cells": ("lstm", "gru"),
    "lengths": 100_000,
    "hidden_size": 512,
    "batch_size": 64,
    "device": "cpu",
}
EXPORTS = ("normalisation", "truncation", "who_remembers")
"""Of the recorded examples."""
UPLOADER = "A ZIP exported from Memory Lab, or experiment.json with its CSV tables"
REFUSALS = re.compile(r"above the limit of|unpacked it is larger than|may wait\\?: stop one")
"""What people are told who ask for too much."""
AT_ONCE_SECONDS = 1.0
"""After an answer, within which an error belongs to it."""
RECENT = 30
"""How many of the newest runs people look at."""


@dataclass
class Span:
    """Somebody waits for an answer of the page. Seconds of ``time.perf_counter``."""

    visitor: int
    what: str
    asked: float
    ended: float
    answered: bool = False
    """Where not, the visitor left, or something went wrong."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.asked


@dataclass(frozen=True)
class Mishap:
    """An error that a visitor saw, and since when an answer was waited for."""

    message: str
    what: str
    asked: float
    ended: float


@dataclass
class Journal:
    """What all visitors did and saw."""

    spans: list[Span] = field(default_factory=list)
    mishaps: list[Mishap] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Runs in the order in which they were made."""
    refusals: int = 0


@dataclass
class Diary(Record):
    """What one visitor sees, told to the journal as well."""

    visitor: int = 0
    journal: Journal = field(default_factory=Journal)
    last: Span | None = None
    """What was asked of the page last."""

    def error(self, message: str) -> None:
        """Notes an error, or counts a refusal that is as it should be."""
        now, last = time.perf_counter(), self.last
        if REFUSALS.search(message):
            self.journal.refusals += 1
        elif last and (not last.answered or now < last.ended + AT_ONCE_SECONDS):
            self.journal.mishaps.append(Mishap(message, last.what, last.asked, now))
        else:
            self.journal.mishaps.append(Mishap(message, "watching", now, now))


@dataclass(frozen=True)
class RandomVisitor(Visitor):
    """One of them, without a browser."""

    window: Session
    record: Diary

    async def _stay(self, chance: random.Random) -> None:
        """Does one thing, or leaves in the middle of it."""
        journal = self.record.journal
        actions = ACTIONS | (LOOKS if journal.known else {})
        action = chance.choices(list(actions), list(actions.values()))[0]
        leaves = chance.uniform(*LEAVING_SECONDS) if chance.random() < LEAVING else None
        try:
            async with asyncio.timeout(leaves):
                await getattr(self, f"_{action}")(chance)
        except SessionError as error:
            self.record.error(f"{action}: {error}")
        except TimeoutError:
            await self.window.close()
        self.record.last = None
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))

    async def _train(self, chance: random.Random) -> None:  # type: ignore[override]
        seed, steps = chance.randrange(10**6), chance.choice(STEPS)
        press = await self._begin(seed, steps)
        if press and await self._until_ended(press) == "finished":
            await self._download(seed, steps // EVERY + 1)

    async def _stop(self, chance: random.Random) -> None:
        if press := await self._begin(chance.randrange(10**6), MANY_STEPS):
            await asyncio.sleep(chance.uniform(0, 5))
            async with self._answer("press of Stop"):
                await self.window.press("Stop")
            await self._until_ended(press)

    async def _begin(self, seed: int, steps: int) -> Press | None:
        """None where as many of this visitor's wait as may."""
        settings = {**ADDRESS, "first_seed": seed, "steps": steps, "evaluate_every": EVERY}
        await self._open("page load", urlencode(settings, doseq=True))
        try:
            press = await self._press()
        except SessionError as error:
            if self.window.page.search(REFUSALS):
                return None
            raise SessionError(f"{error}: {self.window.page.alerts()}") from error
        self._note(press.run)
        return press

    async def _ask(self, chance: random.Random) -> None:
        """Settings that nobody has asked about: no answer is there already."""
        settings = {
            "cells": chance.sample(CELLS, chance.choice((1, 2))),
            "lengths": chance.randrange(20, 100),
            "seeds": 1,
            "first_seed": chance.randrange(10**6),
            "hidden_size": chance.choice((8, 16, 32)),
        }
        await self._open("question page", urlencode(settings, doseq=True), "gradient_flow")

    async def _ask_too_much(self, _: random.Random) -> None:
        await self._open("refused question page", urlencode(TOO_MUCH, doseq=True), "gradient_flow")
        if not self.window.page.search(re.compile("above the limit")):
            raise SessionError("a question above the limits was not refused")

    async def _open_export(self, chance: random.Random) -> None:
        await self._import(export(chance.choice(EXPORTS)))
        if not self.window.run:
            raise SessionError(f"an export was not opened: {self.window.page.alerts()}")
        self._note(self.window.run)

    async def _open_bomb(self, _: random.Random) -> None:
        await self._import(bomb())
        if not self.window.page.search(re.compile("Not opened")):
            raise SessionError(f"a bomb was not refused: {self.window.page.alerts()}")

    async def _import(self, content: bytes) -> None:
        await self._open("page load", "", "runs")
        await self.window.upload(UPLOADER, "run.zip", content)
        async with self._answer("import"):
            await self.window.press("Open the files")

    async def _look(self, chance: random.Random) -> None:
        run = chance.choice(self.record.journal.known[-RECENT:])
        await self._open("page load", urlencode({"run": run}))

    async def _reload(self, _: random.Random) -> None:
        asks = self.window.page_name == "gradient_flow"
        async with self._answer("question page" if asks else "page load"):
            await self.window.reload()

    async def _open(self, what: str, query: str, page: str = "") -> None:
        async with self._answer(what):
            await self.window.open(query, page)

    def _note(self, run: str) -> None:
        self.record.journal.known.append(run)

    @asynccontextmanager
    async def _answer(self, what: str) -> AsyncIterator[None]:
        now = time.perf_counter()
        span = self.record.last = Span(self.number, what, now, now)
        try:
            yield
            span.answered = True
        finally:
            span.ended = time.perf_counter()
            self.record.journal.spans.append(span)


@cache
def export(name: str) -> bytes:
    """The recorded example of this name."""
    return Path(ROOT / "dashboard" / "examples" / f"{name}.zip").read_bytes()


@cache
def bomb() -> bytes:
    """A few kilobytes that hold, in a ZIP in a ZIP, 1.6 GB of weights that the experiment keeps."""
    experiment = Experiment(
        task="recall", cells=("lstm",), lengths=(10,), seeds=6, steps=1, hidden_size=4096,
        learning_rate=(0.02,), keep_weights="all",
    )  # fmt: skip
    size = experiment.parameter_count("lstm", 4096)
    weights = io.BytesIO()
    with zipfile.ZipFile(weights, "w", zipfile.ZIP_DEFLATED) as archive:
        for seed in experiment.seed_numbers:
            name = f"lstm length=10 seed={seed} learning_rate=0.02 step=1.npy"
            with archive.open(name, "w", force_zip64=True) as file:
                header = {"descr": KIND.str, "fortran_order": False, "shape": (size,)}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(16):
                    file.write(bytes(size * KIND.itemsize // 16))
    told = {"run": "bomb", "experiment": asdict(experiment), "environment": {}}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DESCRIPTION, json.dumps(told))
        archive.writestr(WEIGHTS, weights.getvalue())
    return packed.getvalue()
