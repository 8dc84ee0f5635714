"""The whole app under a hard limit of memory, as on a free Streamlit Community Cloud app.

    python -m tests.benchmarks.small_machine --mebibytes 1024 --seconds 300

Puts the dashboard and all it starts into a memory cgroup, on two cores. A visitor opens it and
trains the preset *Who remembers?*; meanwhile the gradient at initialisation is asked for, and three
others train small experiments and take their CSV home. Prints the most memory that was in use, from
the cgroup and as a sum over processes (PSS), and how long the preset took from the press. Exit
status 1 where anything was killed for memory, a run did not finish, or somebody saw an error. Linux
only; making a cgroup takes root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import mebibytes_of_tree
from tests.benchmarks.session import Session, SessionError, new_cookie
from tests.benchmarks.visits import Record, Visitor
from tests.browser.server import Dashboard, running_dashboard

CORES = {0, 1}
OTHERS = 3
PRESET = "Who remembers?"
MEBIBYTE = 2**20
QUESTION = "cells=lstm&cells=gru&cells=rnn&lengths=200&seeds=3"
SAMPLE_SECONDS = 0.3
UNIFIED, MEMORY = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")


@dataclass(frozen=True)
class Group:
    """A memory cgroup, of version 1 or 2."""

    folder: Path

    @property
    def _first(self) -> bool:
        return MEMORY in self.folder.parents

    def limit(self, size: int) -> None:
        """Sets the hard limit, in bytes; there is no swap to go to."""
        name = "memory.limit_in_bytes" if self._first else "memory.max"
        (self.folder / name).write_text(str(size))

    def peak(self) -> float:
        """The most that was in use, files in memory included, in MiB."""
        name = "memory.max_usage_in_bytes" if self._first else "memory.peak"
        return int((self.folder / name).read_text()) / MEBIBYTE

    def killed(self) -> int:
        """How many processes were killed for memory."""
        name = "memory.oom_control" if self._first else "memory.events"
        found = re.search(r"^oom_kill (\d+)", (self.folder / name).read_text(), re.MULTILINE)
        return int(found[1]) if found else 0


@contextmanager
def group() -> Iterator[Group]:
    """A cgroup of its own; this process is in it as long as ``inside`` lasts."""
    folder = (MEMORY if MEMORY.is_dir() else UNIFIED) / f"memory-lab-{os.getpid()}"
    folder.mkdir()
    try:
        yield Group(folder)
    finally:
        time.sleep(1)  # until what was in it has ended
        folder.rmdir()


@contextmanager
def inside(own: Group) -> Iterator[None]:
    """What is started here stays in the cgroup."""
    before = own.folder.parent / "cgroup.procs"
    (own.folder / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        before.write_text(str(os.getpid()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=300, help="give up after so long")
    options = parser.parse_args()
    os.sched_setaffinity(0, CORES & os.sched_getaffinity(0))
    with group() as own, tempfile.TemporaryDirectory() as folder:
        own.limit(options.mebibytes * MEBIBYTE)
        with ExitStack() as stack:
            with inside(own):
                dashboard = stack.enter_context(running_dashboard(Path(folder)))
            record = asyncio.run(_visit(dashboard, options.seconds))
        print(f"the most in use: {own.peak():.0f} of {options.mebibytes} MiB, files included")
        print(f"killed for memory: {own.killed()}; errors: {dict(record.errors)}")
        failed = own.killed() or record.errors
    sys.exit(1 if failed else 0)


async def _visit(dashboard: Dashboard, seconds: float) -> Record:
    record, loop = Record(), asyncio.get_running_loop()
    end = loop.time() + seconds
    sessions = [Session(dashboard.url, new_cookie(), record.error) for _ in range(OTHERS)]
    others = [Visitor(n, "plain", session, record) for n, session in enumerate(sessions)]
    peak = Peak()
    tasks = [*(one.visit(end) for one in others), peak.watch(dashboard.process.pid)]
    beside = [asyncio.create_task(task) for task in tasks]
    try:
        async with asyncio.timeout_at(end):
            await _train_the_preset(dashboard, record)
    except (TimeoutError, SessionError) as error:
        record.error(f"{PRESET} {error or 'took too long'}")
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    print(f"the most of all processes together: {peak.mebibytes:.0f} MiB (PSS)")
    return record


async def _train_the_preset(dashboard: Dashboard, record: Record) -> None:
    """Trains the preset; while it trains, the same visitor's gradient is asked for elsewhere."""
    window = Session(dashboard.url, new_cookie(), record.error)
    asking = Session(dashboard.url, new_cookie(), record.error)
    try:
        await window.open("")
        await window.press(PRESET)
        pressed = time.perf_counter()
        await window.press("Train")
        ended = re.compile(rf"{re.escape(window.run)} (was )?(finished|stopped|failed|interrupted)")
        await asking.open(QUESTION, "gradient_flow")
        how = await _until(window, ended)
        print(f"{PRESET} {how} {time.perf_counter() - pressed:.1f} s after the press")
        if how != "finished":
            record.error(f"{PRESET} {how}")
    finally:
        await window.close()
        await asking.close()


async def _until(window: Session, ended: re.Pattern[str]) -> str:
    """How a run ends, however long it takes."""
    while True:
        try:
            return (await window.wait_for(ended))[2]
        except SessionError:  # not within the patience of a session
            continue


@dataclass
class Peak:
    """The most memory that processes took together."""

    mebibytes: float = 0.0

    async def watch(self, process: int) -> None:
        """Looks at the process and all below it, until cancelled."""
        while True:
            now = await asyncio.to_thread(mebibytes_of_tree, process)
            self.mebibytes = max(self.mebibytes, now)
            await asyncio.sleep(SAMPLE_SECONDS)


if __name__ == "__main__":
    main()
