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
from pathlib import Path
from statistics import median

import psutil
from streamlit.testing.v1 import AppTest

from models.exchange.bundle import write_bundle
from models.exchange.files import export
from models.exchange.run_list import write_run_list
from models.settings.configuration import MEBIBYTE
from models.store import Store
from models.store.run_search import RunFilter
from tests.benchmarks.made_runs import make_runs
from tests.dashboard.fake_scheduler import FakeScheduler

PAGE = Path(__file__).resolve().parents[2] / "dashboard" / "views" / "runs.py"
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

    # It trains nothing.
    setattr(app_resources, "Scheduler", FakeScheduler)  # noqa: B010
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(ROUNDS):
        chosen = ",".join(run[-16:] for run in runs[number * COMPARED :][:COMPARED])
        one = runs[number]
        asked: dict[str, Callable[[], object]] = {
            "list": _drawn,
            "search": lambda: _drawn(search="sweep lstm"),
            "compare six": lambda chosen=chosen: _drawn(compare=chosen),  # type: ignore[misc]
            "export one": lambda one=one: write_bundle(  # type: ignore[misc]
                lambda *file: export(store, *file), [one], folder / "one.zip"
            ),
            "list as CSV": lambda: write_run_list(store.find(RunFilter()), folder / "runs.csv"),
        }
        for name, ask in asked.items():
            start = time.perf_counter()
            ask()
            seconds[name].append(time.perf_counter() - start)
        memory = psutil.Process().memory_info().rss / MEBIBYTE
        print(f"round {number + 1}: {memory:.0f} MiB")
    for name, taken in seconds.items():
        print(
            f"{name:12}  first {taken[0]:.2f} s, then {median(taken[1:]):.2f} s, "
            f"longest {max(taken[1:]):.2f} s"
        )


def _drawn(**parameters: str) -> None:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.query_params.update(parameters)
    assert not page.run().exception


if __name__ == "__main__":
    main()
