"""A store for the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.store import Store


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty one, which commands take for the one that is set up."""
    url = f"sqlite:///{tmp_path / 'store' / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    return Store(url)
