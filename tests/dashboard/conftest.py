"""Pages in a test: a store of their own, and a trainer that only remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import birth, services
from models.results.store import Store
from tests.dashboard.shown import FakeTrainer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.setattr(services, "Trainer", FakeTrainer)
    yield services.store()
    services.store.clear()
    services.trainer.clear()
    birth._asked.clear()
    birth._asked_values.clear()


@pytest.fixture
def race() -> AppTest:
    """The page that people open, not yet run."""
    return AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)


@pytest.fixture
def gradient_flow() -> AppTest:
    """The Gradient flow page, not yet run."""
    page = ROOT / "dashboard" / "views" / "gradient_flow.py"
    return AppTest.from_file(str(page), default_timeout=60)


@pytest.fixture
def runs_page() -> AppTest:
    """The Runs page, not yet run."""
    return AppTest.from_file(str(ROOT / "dashboard" / "views" / "runs.py"), default_timeout=60)
