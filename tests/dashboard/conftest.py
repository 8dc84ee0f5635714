"""Pages in a test: a store of their own, and a trainer that only remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import services
from models.results.store import Store

ROOT = Path(__file__).resolve().parents[2]


class FakeTrainer:
    """Trains nothing."""

    def __init__(self, store: Store, store_url: str | None = None) -> None:
        self.store, self.queue, self.stopped = store, list[str](), list[str]()

    def submit(self, run: str) -> None:
        self.queue.append(run)

    def place(self, run: str) -> int:
        return 0

    def stop(self, run: str) -> None:
        self.stopped.append(run)
        self.store.request_stop(run)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.setattr(services, "Trainer", FakeTrainer)
    st.cache_resource.clear()
    yield services.store()
    st.cache_resource.clear()


@pytest.fixture
def race() -> AppTest:
    """The page that people open, not yet run."""
    return AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)


@pytest.fixture
def runs_page() -> AppTest:
    """The Runs page, not yet run."""
    return AppTest.from_file(str(ROOT / "dashboard" / "pages" / "runs.py"), default_timeout=60)
