"""Forty visitors who do everything at once, while everything around the dashboard goes wrong.

    python -m tests.benchmarks.soak --minutes 20

Starts the dashboard as people do, its store on a small disk of its own. Forty plain sessions train,
stop, ask about the gradient at initialisation of ever new settings, ask for more than is allowed,
open exported results and a bomb, look at each other's runs, reload, and leave in the middle of it
(``random_visits``). Meanwhile processes are killed, the store is locked, its disk is full, and in
the first half the dashboard itself is killed and started again (``chaos``). Everything is seeded.

In the end every run in the store is finished with all its rows, or stopped, or interrupted or
failed with a reason; with the dashboard every process that has its store ends; memory is where it
was in the second minute after the last restart, up to GROWTH; and outside of what went wrong nobody
saw an error, 95 % of pages came within PAGE_SECONDS, and none came later while somebody else's
question or import was on its way. What went wrong counts until AFTERMATH later: for every page
where it was store or dashboard, for questions and imports also where it was their process. Exit
status 1 where any of that does not hold. Linux only; mounting the disk takes root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa

from models.exchange.import_run import discard_broken_off
from models.store import Store
from models.store.run import Run
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS
from tests.benchmarks.chaos import Chaos, Fault
from tests.benchmarks.processes import mebibytes, started_with
from tests.benchmarks.quantiles import print_seconds, quantile
from tests.benchmarks.random_visits import Diary, Journal, Mishap, RandomVisitor, Span, bomb
from tests.benchmarks.session import Session, new_cookie
from tests.browser.server import Dashboard, running_dashboard
from tests.faults.small_disk import small_disk
from tests.faults.whole import check_file

DISK = "256m"
KEPT_MEGABYTES = "100"
UNATTENDED_MINUTES = "0.5"
"""So that old runs are tidied away, and those that nobody looks at preempted, within minutes."""
SAMPLE_SECONDS = 3.0
TELL_SECONDS = 15.0
MINUTE = 60.0
END_SECONDS = 90.0
"""Within which what still waits or trains has ended once it was asked to, and processes after."""
PAGES = ("page load", "question page")
WITH_CHILD = ("question page", "refused question page", "import")
AT_WORK = ("question page", "import")
"""What nobody else should have to wait for."""
PAGE_SECONDS = 3.0
GROWTH = {"the dashboard": 30.0, "all processes": 150.0}
"""MiB, of medians over a minute: caches fill, and now one child more is at work, now one less."""


@dataclass(frozen=True)
class Sample:
    """The machine at one moment; memory is PSS, MiB."""

    seconds: float
    """Of ``time.perf_counter``."""
    memory: dict[str, float]
    """Of each of GROWTH."""
    processes: int
    load: float


@dataclass
class Soak:
    """What was done, seen and measured."""

    chaos: Chaos
    journal: Journal = field(default_factory=Journal)
    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def undisturbed(self, spans: Iterable[Span | Mishap]) -> list[Span | Mishap]:
        """Those that nothing that went wrong can have touched."""
        return [one for one in spans if not any(_felt(fault, one) for fault in self.chaos.faults)]


def _felt(fault: Fault, one: Span | Mishap) -> bool:
    return fault.felt(one.asked, one.ended, one.what in WITH_CHILD)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    bomb()
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder), DISK) as disk:
        with running_dashboard(
            disk, keep_megabytes=KEPT_MEGABYTES, unattended_minutes=UNATTENDED_MINUTES
        ) as dashboard:
            store = Store(dashboard.store_url)
            half = time.perf_counter() + MINUTE * options.minutes / 2
            soak = Soak(Chaos(dashboard, store, disk, half, options.seed))
            asyncio.run(_drive(soak, options.sessions, MINUTE * options.minutes))
            _end_all(soak)
        _wait_for_processes(soak)
        print(f"{options.sessions} visitors, {options.minutes:g} min, seed {options.seed}")
        _judge_runs(soak, store)
        store.close()
    _judge_pages(soak)
    _judge_memory(soak)
    for failure in soak.failures:
        print(f"FAILED: {failure}")
    return 1 if soak.failures else 0


async def _drive(soak: Soak, sessions: int, seconds: float) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * sessions))
    end = asyncio.get_running_loop().time() + seconds
    url = soak.chaos.dashboard.url
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_watch(soak))
        chaos = group.create_task(asyncio.to_thread(soak.chaos.run))
        visits = []
        for number in range(sessions):
            diary = Diary(visitor=number, journal=soak.journal)
            session = Session(url, new_cookie(), diary.error)
            visitor = RandomVisitor(1000 * soak.chaos.seed + number, "plain", session, diary)
            visits.append(group.create_task(visitor.visit(end)))
        try:
            await asyncio.gather(*visits)
        finally:
            soak.chaos.stopped.set()
        await chaos
        watch.cancel()


async def _watch(soak: Soak) -> None:
    """Takes samples, and says on stderr how it goes."""
    begun = told = time.perf_counter()
    while True:
        soak.samples.append(await asyncio.to_thread(_sample, soak.chaos.dashboard))
        now = soak.samples[-1]
        if now.seconds - told >= TELL_SECONDS:
            told, journal = now.seconds, soak.journal
            print(
                f"{now.seconds - begun:4.0f} s: {len(journal.spans)} answers, "
                f"{len(journal.known)} runs, {len(soak.chaos.faults)} faults, "
                f"{len(soak.undisturbed(journal.mishaps))} of {len(journal.mishaps)} errors, "
                + " of ".join(f"{one:.0f}" for one in now.memory.values())
                + f" MiB, {now.processes} processes, load {now.load:.1f}",
                file=sys.stderr,
                flush=True,
            )
        await asyncio.sleep(SAMPLE_SECONDS)


def _sample(dashboard: Dashboard) -> Sample:
    processes = _with_store(dashboard)
    memory = (mebibytes(dashboard.process.pid), sum(mebibytes(one.pid) for one in processes))
    return Sample(
        time.perf_counter(),
        dict(zip(GROWTH, memory, strict=True)),
        len(processes),
        os.getloadavg()[0],
    )


def _with_store(dashboard: Dashboard) -> list[psutil.Process]:
    return started_with("MEMORY_LAB_STORE", dashboard.store_url)


def _end_all(soak: Soak) -> None:
    """Asks what still waits or trains to stop, and waits until it has."""
    store, end = soak.chaos.store, time.perf_counter() + END_SECONDS
    for run in store.active():
        store.request_stop(run.id)
    while store.active() and time.perf_counter() < end:
        time.sleep(0.5)


def _wait_for_processes(soak: Soak) -> None:
    end = time.perf_counter() + END_SECONDS
    while (left := _with_store(soak.chaos.dashboard)) and time.perf_counter() < end:
        time.sleep(0.5)
    for one in left:
        soak.failures.append(f"a process is left: {one}")
        one.kill()


def _judge_runs(soak: Soak, store: Store) -> None:
    runs = store.runs()
    counts = Counter(run.status for run in runs)
    print(
        f"{len(soak.journal.known)} runs trained or imported, {soak.journal.refusals} refusals; "
        f"{len(runs)} in the store: "
        + ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    )
    reasons = Counter(run.message for run in runs if run.message)
    for reason, count in reasons.most_common():
        print(f"{count:5} × {reason}")
    soak.failures += [f"run {run.id}: {wrong}" for run in runs if (wrong := _wrong(store, run))]
    if not counts["finished"]:
        soak.failures.append("no run has finished")
    discard_broken_off(store)
    with store.reading() as connection:
        for table in (*ROWS.values(), PROFILES, WEIGHTS, SHARDS):
            nobodys = sa.select(sa.func.count()).where(table.c.run.not_in(sa.select(RUNS.c.id)))
            if (count := connection.scalar(nobodys) or 0) > 0:
                soak.failures.append(f"{count} rows of {table.name} belong to no run")
    check_file(store)


def _wrong(store: Store, run: Run) -> str:
    """What is not as it should be with a run that nobody trains any more; or nothing."""
    if run.active:
        return f"is still {run.status}"
    if run.status in ("interrupted", "failed") and not run.message:
        return f"is {run.status} without a reason"
    tested = run.experiment
    seeds = tested.seeds * len(tested.learning_rate)
    models = len(tested.cells) * len(tested.lengths) * seeds
    expected = models * (1 + -(-tested.steps // tested.evaluate_every))
    rows = len(store.read(run.id, "accuracy")[0])
    if rows > expected or (run.status == "finished" and rows < expected):
        return f"is {run.status} with {rows} evaluations instead of {expected}"
    return ""


def _judge_pages(soak: Soak) -> None:
    spans = soak.journal.spans
    calm = [one for one in soak.undisturbed(spans) if isinstance(one, Span)]
    for title, some in (("while nothing was wrong", calm), ("at any time", spans)):
        names = sorted({one.what for one in some})
        print(f"\n{title}:", end="")
        print_seconds(
            {
                what: [one.seconds for one in some if one.answered and one.what == what]
                for what in names
            }
        )
    for what in PAGES:
        took = [one.seconds for one in calm if one.what == what]
        if not took:
            soak.failures.append(f"no {what} while nothing was wrong")
        elif (most := quantile(took, 0.95)) > PAGE_SECONDS:
            soak.failures.append(f"{what}: 95 % within {most:.1f} s, not {PAGE_SECONDS:g}")
    for one in calm:
        if one.what in PAGES and one.seconds > PAGE_SECONDS:
            others = Counter(other.what for other in spans if _meanwhile(one, other))
            line = f"{one.what}: {one.seconds:.1f} s, beside {dict(others)} of others"
            if others:
                soak.failures.append(line)
            else:
                print(line)
    kinds = Counter(one.kind for one in soak.chaos.faults)
    print(f"\nfaults: {dict(kinds)}; {len(soak.journal.mishaps)} errors were seen")
    for mishap in soak.undisturbed(soak.journal.mishaps):
        assert isinstance(mishap, Mishap)
        soak.failures.append(f"{mishap.what}: {mishap.message}")


def _meanwhile(one: Span, other: Span) -> bool:
    """Whether somebody else's question or import was on its way."""
    together = other.asked < one.ended and other.ended > one.asked
    return together and other.visitor != one.visitor and other.what in AT_WORK


def _judge_memory(soak: Soak) -> None:
    samples = soak.samples
    loads = [one.load for one in samples]
    most = max(one.processes for one in samples)
    print(f"load average {loads[0]:.1f} to {max(loads):.1f}, at most {most} processes")
    begun, end = soak.chaos.last_restart or samples[0].seconds, samples[-1].seconds
    if end - begun < 3 * MINUTE:
        print("memory is not judged: that takes three minutes after the last restart")
        return
    for what, growth in GROWTH.items():
        second = _median(samples, what, begun + MINUTE)
        last = _median(samples, what, end - MINUTE)
        print(f"{what}: {second:.0f} MiB in the second minute, {last:.0f} in the last")
        if last > second + growth:
            soak.failures.append(f"{what} grew by {last - second:.0f} MiB, not at most {growth:g}")


def _median(samples: list[Sample], what: str, begun: float) -> float:
    own = [one.memory[what] for one in samples if begun <= one.seconds <= begun + MINUTE]
    return statistics.median(own)


if __name__ == "__main__":
    sys.exit(main())
