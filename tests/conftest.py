"""What tests of all folders use: a store in SQLite and in Postgres, training in one process."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

# Before torch is imported: tests run on every core already, each on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from models.service.kernels import cells_to_compile, compile_kernels
from models.store import Store
from tests.postgres import PACKAGES, Postgres, programs, running_postgres
from tests.tiers import tiers

RETRIED = (
    "tests/browser/",
    "tests/faults/",
    "tests/dashboard/test_scheduler.py",
    "tests/models/service/test_serving.py",
    "tests/models/training/test_cluster.py",
)
"""How the ids of tests begin that are tried once more: a browser, a dashboard and its processes
share two cores with all the other tests, and what is then too slow is no fault. The summary names
what was."""
FIRST_HALF = ("test_connection_faults", "test_first_screen", "test_for_everyone", "test_history")
"""Files of tests/browser, see ``browser_half``."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each file to one worker, and half of the browser's: what they set up is set up once.

    Those that do not run each time are marked, see ``tests.tiers``.
    """
    for item, markers in tiers(items):
        for marker in markers:
            item.add_marker(marker)
    for item in items:
        half = browser_half(item.path) if item.path.parent.name == "browser" else ""
        item.add_marker(pytest.mark.xdist_group(half or str(item.path)))
        if item.nodeid.startswith(RETRIED):
            item.add_marker(pytest.mark.flaky(reruns=1))


def browser_half(file: Path) -> str:
    """One of two groups, which take about as long: each has a browser and a dashboard."""
    return "browser, first screens and axe" if file.stem in FIRST_HALF else "browser, the others"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are not part of a test's name: a ZIP has its time in it, other in each worker."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is logged, in this process or those that it starts, stays out of the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEMORY_LAB_LOGS", str(tmp_path_factory.mktemp("logs")))
        yield


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest leaves a page as ``__main__``, which processes of later tests would run as well."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    found = programs()
    if found is None:
        message = f"no Postgres in {PACKAGES}: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with running_postgres(found) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'runs.sqlite'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compiles the kernels once, where they are not cached, not in each test that needs them."""
    cells = [] if hasattr(session.config, "workerinput") else cells_to_compile()
    if cells:
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
            list(processes.map(compile_kernels, cells))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lists what tests have measured and noted with ``record_property``."""
    for report in terminalreporter.getreports("passed"):
        for name, values in report.user_properties:
            terminalreporter.line(f"{name}: {', '.join(f'{value:.0f}' for value in values)}")
