"""Pages in a test: each has a store of its own, and a scheduler that trains nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from dashboard.sections.at_initialisation import answers
from models.store import Store
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.dashboard.pages import app


@pytest.fixture(scope="session", autouse=True)
def packages_are_searched_once() -> Iterator[None]:
    """AppTest looks for components in every installed package at every run, for half a second."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(autouse=True)
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a browser sends when its session begins: AppTest has none."""
    sent: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", sent)
    return sent


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    # What a test stores itself is nobody's: here everyone's.
    monkeypatch.setenv("MEMORY_LAB_SHARED", "yes")
    monkeypatch.setattr(app_resources, "Scheduler", FakeScheduler)
    yield app_resources.store()
    _forget_the_configuration()
    app_resources.store.clear()
    answers._measured.clear()
    answers._singular_values.clear()


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the app up otherwise, as in ``configured(minutes="1")``; empty is the default."""

    def configure(**settings: str) -> None:
        for name, text in settings.items():
            monkeypatch.setenv(f"MEMORY_LAB_{name.upper()}", text)
        _forget_the_configuration()

    return configure


def _forget_the_configuration() -> None:
    app_resources.configuration.clear()
    app_resources.scheduler.clear()


@pytest.fixture
def race() -> AppTest:
    """The app, which opens on the Race page; not yet run."""
    return app()


@pytest.fixture
def gradient_flow() -> AppTest:
    """The Gradient flow page, not yet run."""
    return app("gradient_flow.py")


@pytest.fixture
def inside() -> AppTest:
    """The page Inside the cell, not yet run."""
    return app("inside_the_cell.py")


@pytest.fixture
def runs_page() -> AppTest:
    """The Runs page, not yet run."""
    return app("runs.py")


@pytest.fixture
def about() -> AppTest:
    """The About page, not yet run."""
    return app("about.py")
