"""What the first press of Train takes on a fresh machine, where no kernel is compiled yet.

    python -m tests.benchmarks.first_press [--cached]

Starts the dashboard as people do, with an empty cache of kernels, opens the preset *Who remembers?*
and presses Train as soon as the page is there. Prints the seconds from the press to the first
measurement in the store, to that of every cell, and to the end. With ``--cached`` the same is done
once more, with the kernels that the first time has left.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa

from models.store import Store
from models.store.tables import ROWS
from tests.benchmarks.session import Session, new_cookie
from tests.browser.server import Dashboard, running_dashboard

PRESET = "Who remembers?"
LOOK_SECONDS = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cached", action="store_true")
    cached = parser.parse_args().cached
    with (
        tempfile.TemporaryDirectory() as kernels,
        patch.dict(os.environ, XDG_CACHE_HOME=kernels),
    ):
        for name in ("empty cache", "cached")[: 1 + cached]:
            print(f"{name}: {_once()}", flush=True)


def _once() -> str:
    with tempfile.TemporaryDirectory() as folder, running_dashboard(Path(folder)) as dashboard:
        return asyncio.run(_press(dashboard))


async def _press(dashboard: Dashboard) -> str:
    window = Session(dashboard.url, new_cookie(), print)
    store = Store(dashboard.store_url)
    await window.open("")
    await window.press(PRESET)
    pressed = time.perf_counter()
    await window.press("Train")
    run = window.run
    cells = len(store.run(run).experiment.cells)
    first = every = None
    while store.run(run).status in ("queued", "running"):
        known = await asyncio.to_thread(_cells_measured, store, run)
        now = time.perf_counter() - pressed
        first = now if known and first is None else first
        every = now if known == cells and every is None else every
        await asyncio.sleep(LOOK_SECONDS)
    end = time.perf_counter() - pressed
    await window.close()
    status = store.run(run).status
    return f"first cell {first:.1f} s, every cell {every:.1f} s, {status} after {end:.1f} s"


def _cells_measured(store: Store, run: str) -> int:
    accuracy = ROWS["accuracy"]
    query = sa.select(sa.func.count(sa.distinct(accuracy.c.cell))).where(accuracy.c.run == run)
    with store.reading() as connection:
        return int(connection.scalar(query) or 0)


if __name__ == "__main__":
    main()
