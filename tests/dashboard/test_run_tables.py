"""Tables of runs in the dashboard: read once for all sessions, and forgotten."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pandas as pd
import pytest

from dashboard.session import run_tables
from dashboard.session.run_tables import Reader
from models.analysis.schema import TABLES, no_rows
from models.store import Store
from tests.imported import store_results
from tests.models.analysis.test_learning_rate_choice import scores
from tests.properties import tiny_run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def reader(store: Store, run_id: str) -> Reader:
    return Reader(run_id, store.run(run_id).experiment)


def test_sessions_that_look_at_one_run_share_its_tables(store: Store) -> None:
    run = store.run(store_results(store, tiny_run.results()))
    first, second = reader(store, run.id), reader(store, run.id)
    tables = first.read(store, run.updated)
    assert len(tables.accuracy)
    assert second.read(store, run.updated) is tables
    assert first.version == second.version > 0


def test_tables_that_no_page_asks_for_any_more_are_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (store.run(store_results(store, tiny_run.results())) for _ in range(2))
    monkeypatch.setattr(run_tables, "KEPT_SECONDS", 0.0)
    left = reader(store, one.id)  # by a session that Streamlit keeps for a while
    tables = left.read(store, one.updated)
    before, version = tables.accuracy.copy(), left.version
    kept = weakref.ref(tables.accuracy)
    del tables
    reader(store, other.id).read(store, other.updated)
    gc.collect()
    assert kept() is None
    # Where somebody comes back, everything is there again.
    pd.testing.assert_frame_equal(left.read(store, one.updated).accuracy, before)
    assert left.version == version


def test_tables_have_the_best_rate_and_the_validation_all_rates() -> None:
    rates = {0.01: 0.3, 0.1: 0.9}
    frames = {name: no_rows(name) for name in TABLES}
    frames |= {name: scores(name, rates, loss=1.0) for name in ("accuracy", "validation")}
    tables = run_tables.selected(frames)
    assert set(tables.accuracy["learning_rate"]) == {0.1}
    assert set(tables.validation["learning_rate"]) == {0.01, 0.1}
