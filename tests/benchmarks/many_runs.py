"""How fast the Runs page answers with many runs in the store, and what memory it takes.

    python -m tests.benchmarks.many_runs

Makes a store of 300 runs without training, with tables as large as those of real ones, and times
what a visitor asks of the page: list, search, a comparison of six runs, an export, the list as
CSV. The page is drawn as for a visitor, without a browser. Each is done several times; said are
the median and the longest, and the memory of the process after the first round and after the last.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from models.exchange.bundle import write_bundle
from models.exchange.files import export
from models.exchange.run_list import write_run_list
from models.settings.configuration import MEBIBYTE
from models.store import Store
from models.store.run_search import RunFilter
from tests.benchmarks.made_runs import make_runs
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.dashboard.pages import app

ROUNDS = 5
COMPARED = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=300, help="how many runs the store has")
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEMORY_LAB_STORE"] = f"sqlite:///{folder}/runs.sqlite"
        os.environ["MEMORY_LAB_SHARED"] = "yes"
        os.environ["MEMORY_LAB_LOGS"] = folder
        store = Store()
        start = time.perf_counter()
        runs = make_runs(store, count)
        size = (Path(folder) / "runs.sqlite").stat().st_size / MEBIBYTE
        print(f"{count} runs of {size:.0f} MiB made in {time.perf_counter() - start:.0f} s")
        _measure(store, runs, Path(folder))


def _measure(store: Store, runs: list[str], folder: Path) -> None:
    from dashboard.scheduling import app_resources
    from dashboard.session import visitor

    # It trains nothing.
    setattr(app_resources, "Scheduler", FakeScheduler)  # noqa: B010
    visitor._secret = lambda: "a visitor without cookies"
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(ROUNDS):
        chosen = ",".join(run[-16:] for run in runs[number * COMPARED :][:COMPARED])
        seconds["list"].append(_drawn())
        seconds["search"].append(_drawn(search="sweep lstm"))
        seconds["compare six"].append(_drawn(compare=chosen))
        seconds["export one"].append(_timed(partial(_export, store, runs[number], folder)))
        seconds["list as CSV"].append(_timed(partial(_list_as_csv, store, folder)))
        memory = psutil.Process().memory_info().rss / MEBIBYTE
        print(f"round {number + 1}: {memory:.0f} MiB", flush=True)
    for name, taken in seconds.items():
        first, *others = taken
        print(
            f"{name:12} first {first:.2f} s, then {median(others):.2f}, at most {max(others):.2f}"
        )


def _timed(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def _drawn(**parameters: str) -> float:
    """The seconds in which the page is drawn for a new visitor, who comes from the first page."""
    page = app().run().switch_page("views/runs.py")
    for name in list(page.query_params):
        del page.query_params[name]
    page.query_params.update(parameters)
    seconds = _timed(page.run)
    assert not page.exception
    return seconds


def _export(store: Store, run: str, folder: Path) -> None:
    write_bundle(lambda *file: export(store, *file), [run], folder / "one.zip")


def _list_as_csv(store: Store, folder: Path) -> None:
    write_run_list(store.find(RunFilter()), folder / "runs.csv")


if __name__ == "__main__":
    main()
