"""Many visitors of the dashboard at once, who open it, train, and take a CSV home.

    python -m tests.benchmarks.load --sessions 60 --browsers 4 --minutes 4

Starts the dashboard as people do, on loopback and with a store of its own. Some visitors have a
tab in Chromium, all others are websocket sessions that speak Streamlit's protocol. Everybody opens
a small experiment, presses Train, follows the run until it has ended, downloads ``accuracy.csv``,
and presses again. There are more visitors than trainers: they wait for each other, as they should.

Afterwards every press has a run in the store that has finished with all its rows, or still waits
or trains; nobody has seen an error; a page has answered half and 19 of 20 of what is asked of it
within ANSWER_SECONDS; and, after a minute, the dashboard's own process grows by no more than
GROWTH. Exit status 1 where any of that does not hold. Linux only.

Chromium draws on the same processor, with what the others leave of it: how long its tabs take says
more of that than of the dashboard. They must work, their seconds are shown and not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from models.store import Store
from tests.benchmarks.browser_session import BrowserSession, async_chromium
from tests.benchmarks.processes import cpu_seconds, mebibytes, mebibytes_of_tree
from tests.benchmarks.quantiles import print_seconds, quantile
from tests.benchmarks.session import Session, new_cookie
from tests.benchmarks.visits import ROWS, Record, Visitor
from tests.browser.server import Dashboard, running_dashboard

SAMPLE_SECONDS = 3.0
PROGRESS_SECONDS = 10.0
WARM_SECONDS = 10.0
"""Until the warm trainer has imported torch."""
SETTLED_SECONDS = 60.0
"""From then on memory should not grow."""
ANSWER_SECONDS = {0.5: 1.0, 0.95: 3.0}
"""Within which such a share of the answers comes."""
GROWTH = 3.0
"""MiB a minute."""


@dataclass(frozen=True)
class Sample:
    """The machine at one moment."""

    seconds: float
    """Since the beginning."""
    dashboard: float
    """PSS of the dashboard's own process, MiB."""
    whole: float
    """With all that it has started."""
    cpu: float
    """CPU seconds that the dashboard's own process has taken so far."""
    load: float
    """Processes that run or want to, over the last minute."""


@dataclass
class Course:
    """What was measured, from the beginning to the end."""

    record: Record = field(default_factory=Record)
    samples: list[Sample] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Of the dashboard's own process when settled, MiB a minute: the median of all slopes."""
        settled = [one for one in self.samples if one.seconds >= SETTLED_SECONDS]
        slopes = [
            60 * (later.dashboard - sooner.dashboard) / (later.seconds - sooner.seconds)
            for sooner, later in combinations(settled, 2)
        ]
        return statistics.median(slopes) if slopes else math.nan


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=int, default=60, help="visitors, browsers included")
    parser.add_argument("--browsers", type=int, default=4, help="of them with a tab in Chromium")
    parser.add_argument("--minutes", type=float, default=4.0)
    options = parser.parse_args()
    course = Course()
    with tempfile.TemporaryDirectory() as folder, running_dashboard(Path(folder)) as dashboard:
        plain = options.sessions - options.browsers
        asyncio.run(_drive(dashboard, plain, options.browsers, 60 * options.minutes, course))
        runs = _runs(course.record, Store(dashboard.store_url))
    print(f"{options.sessions} visitors, {options.browsers} in Chromium, {options.minutes:g} min")
    return _report(course, runs)


async def _drive(
    dashboard: Dashboard, plain: int, browsers: int, seconds: float, course: Course
) -> None:
    record = course.record
    await _warm_up(dashboard, record)
    end = asyncio.get_running_loop().time() + seconds
    async with AsyncExitStack() as stack:
        visitors = [
            Visitor(number, "plain", Session(dashboard.url, new_cookie(), record.error), record)
            for number in range(plain)
        ]
        if browsers:
            chromium = await stack.enter_async_context(async_chromium())
            visitors += [
                Visitor(
                    number,
                    "browser",
                    BrowserSession(chromium, dashboard.url, record.error),
                    record,
                )
                for number in range(plain, plain + browsers)
            ]
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_watch(dashboard.process.pid, course))
            visits = [group.create_task(visitor.visit(end)) for visitor in visitors]
            await asyncio.gather(*visits)
            watch.cancel()


async def _warm_up(dashboard: Dashboard, record: Record) -> None:
    """The first page of all takes longer: the dashboard imports what it needs."""
    session = Session(dashboard.url, new_cookie(), record.error)
    asked = time.perf_counter()
    await session.open("")
    print(f"first page of all: {time.perf_counter() - asked:.1f} s", file=sys.stderr)
    await asyncio.sleep(WARM_SECONDS)
    await session.close()


async def _watch(process: int, course: Course) -> None:
    """Takes samples, and says on stderr how it goes."""
    begun = told = time.monotonic()
    while True:
        now = time.monotonic()
        course.samples.append(await asyncio.to_thread(_sample, process, now - begun))
        if now - told >= PROGRESS_SECONDS:
            told = now
            _tell(course)
        await asyncio.sleep(SAMPLE_SECONDS)


def _sample(process: int, seconds: float) -> Sample:
    return Sample(
        seconds,
        dashboard=mebibytes(process),
        whole=mebibytes_of_tree(process),
        cpu=cpu_seconds(process),
        load=os.getloadavg()[0],
    )


def _tell(course: Course) -> None:
    now, record = course.samples[-1], course.record
    ended = sum(press.ended is not None for press in record.presses)
    print(
        f"{now.seconds:4.0f} s: {len(record.presses)} pressed, {ended} ended, "
        f"{record.files} files, {record.errors.total()} errors, "
        f"{now.dashboard:.0f} of {now.whole:.0f} MiB, load {now.load:.1f}",
        file=sys.stderr,
        flush=True,
    )


def _runs(record: Record, store: Store) -> Counter[str]:
    """How many presses have a run of each status, and how many are lost."""
    known = {run.id: run for run in store.runs()}
    found: Counter[str] = Counter()
    for press in record.presses:
        run = known.get(press.run)
        whole = run is not None and len(store.read(run.id, "accuracy")[0]) == ROWS
        if run and (whole if run.status == "finished" else run.active and not press.ended):
            found[run.status] += 1
        else:
            found["lost"] += 1
    return found


def _report(course: Course, runs: Counter[str]) -> int:
    """Prints everything; 1 where a criterion does not hold."""
    _print_answers(course.record)
    _print_machine(course)
    print(
        f"\nruns: {len(course.record.presses)} pressed, "
        + ", ".join(f"{count} {status}" for status, count in sorted(runs.items()))
        + f"; {course.record.files} files as they should be"
    )
    for error, count in course.record.errors.most_common():
        print(f"{count:5} × {error}")
    failures = _failures(course, runs)
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


def _print_answers(record: Record) -> None:
    waits = [press.ended - press.pressed for press in record.presses if press.ended]
    print_seconds({**dict(sorted(record.answers.items())), "from press to end of run": waits})


def _print_machine(course: Course) -> None:
    first, last = course.samples[0], course.samples[-1]
    settled = next((one for one in course.samples if one.seconds >= SETTLED_SECONDS), last)
    most = max(one.whole for one in course.samples)
    print(f"\n{'PSS, MiB':28}{'start':>8}{'1 min':>9}{'end':>9}{'a minute':>10}")
    own = f"{first.dashboard:8.0f}{settled.dashboard:9.0f}{last.dashboard:9.0f}"
    print(f"{'dashboard':28}{own}{course.growth:+10.1f}")
    whole = f"{first.whole:8.0f}{settled.whole:9.0f}{last.whole:9.0f}"
    print(f"{'with its trainers':28}{whole}{'':10}, at most {most:.0f}")
    cores = (last.cpu - first.cpu) / max(last.seconds - first.seconds, 1.0)
    print(f"the dashboard's own process kept {cores:.2f} cores busy")
    loads = [one.load for one in course.samples]
    print(f"load average: {loads[0]:.1f} at the start, at most {max(loads):.1f}")


def _failures(course: Course, runs: Counter[str]) -> list[str]:
    found = []
    if errors := course.record.errors.total():
        found.append(f"{errors} errors were seen")
    if runs["lost"]:
        found.append(f"{runs['lost']} runs were lost")
    if not runs["finished"]:
        found.append("no run has finished")
    for name, seconds in course.record.answers.items():
        for share, most in ANSWER_SECONDS.items():
            took = quantile(seconds, share)
            if name.startswith("plain") and took > most:
                found.append(f"{name}: {share:.0%} within {took:.1f} s, not {most:g}")
    if course.growth > GROWTH:
        found.append(f"the dashboard grows by {course.growth:.1f} MiB a minute, not {GROWTH:g}")
    return found


if __name__ == "__main__":
    sys.exit(main())
