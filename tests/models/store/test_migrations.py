"""Stores that older releases have written open in this one, wholly or not at all."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.exchange.files import from_store
from models.store import Store, StoreError
from models.store.lost_runs import close_lost_runs
from models.store.migrations import FOLDER, TABLE, VERSION
from models.store.tables import METADATA

STORES = Path(__file__).parent / "stores"
OLD = ("first_race", "release_0_1_0")
"""As written by the first race that landed (commit b722c05), and by release 0.1.0 (8bf506c)."""


def unpacked(name: str, folder: Path) -> str:
    """The URL of a copy of an old store."""
    path = folder / f"{name}.sqlite"
    path.write_bytes(gzip.decompress((STORES / f"{name}.sqlite.gz").read_bytes()))
    return f"sqlite:///{path}"


def differences(store: Store) -> list[object]:
    """Between the store's tables and those that this release makes."""
    with store.reading() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))


@pytest.mark.parametrize("name", OLD)
def test_an_old_store_gets_the_tables_of_a_new_one(name: str, tmp_path: Path) -> None:
    old = Store(unpacked(name, tmp_path))
    assert differences(old) == []
    assert differences(Store(f"sqlite:///{tmp_path / 'new.sqlite'}")) == []


@pytest.mark.parametrize("name", OLD)
def test_an_old_store_keeps_what_was_measured(name: str, tmp_path: Path) -> None:
    url = unpacked(name, tmp_path)
    before = sa.create_engine(url)
    with before.connect() as connection:
        rows = pd.read_sql("SELECT * FROM accuracy ORDER BY id", connection)
        ids = connection.scalars(sa.text("SELECT id FROM runs")).all()
    before.dispose()
    store = Store(url)
    runs = {run.id: run for run in store.runs()}
    assert set(runs) == set(ids)
    assert sorted(run.status for run in runs.values()) == [
        "finished", "finished", "queued", "running"
    ]  # fmt: skip
    finished = [run for run in runs.values() if run.status == "finished"]
    for run in finished:
        stored, _ = store.read(run.id, "accuracy")
        own = rows[rows["run"] == run.id]
        assert stored["accuracy"].tolist() == own["accuracy"].tolist()
        results = from_store(store, run.id)
        assert len(results.tables["training"]) == 4 * len(own["seed"].unique()) * 2 * 2 * 2
        assert len(results.tables["gradients"])
        assert run.size > 10_000
        assert run.done_steps == run.total_steps == 4
    assert sum(store.sizes().values()) == sum(run.size for run in runs.values())


def test_what_an_old_release_left_running_is_closed_and_what_waited_waits(tmp_path: Path) -> None:
    store = Store(unpacked("release_0_1_0", tmp_path))
    (lost,) = close_lost_runs(store)
    closed = store.run(lost)
    assert (closed.status, closed.resumable) == ("interrupted", False)
    (waits,) = store.going()
    assert waits.queued == waits.created
    assert store.claim(waits.id, "somebody")


def test_an_old_store_can_be_trained_on(tmp_path: Path) -> None:
    store = Store(unpacked("release_0_1_0", tmp_path))
    run = store.create(store.runs()[0].experiment, visitor="v")
    store.pin(run, True)
    assert (store.run(run).visitor, store.run(run).pinned) == ("v", True)
    assert Store(store.url.render_as_string()).run(run).pinned


def test_several_open_an_old_store_at_the_same_time(tmp_path: Path) -> None:
    url = unpacked("release_0_1_0", tmp_path)
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            assert differences(Store(url)) == []
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = unpacked("first_race", tmp_path)
    engine = sa.create_engine(url)
    # The last migration stumbles over this table, when the one before has made several.
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE parts (mine INTEGER)"))
        before = sorted(sa.inspect(connection).get_table_names())
    with pytest.raises(StoreError, match="parts already exists"):
        Store(url)
    with engine.begin() as connection:
        assert sorted(sa.inspect(connection).get_table_names()) == before
        connection.execute(sa.text("DROP TABLE parts"))
    engine.dispose()
    assert differences(Store(url)) == []


def test_a_store_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    store.writing(lambda one: one.execute(sa.text(f"UPDATE {TABLE} SET version_num = '9999'")))
    with pytest.raises(StoreError, match=r"a newer release .* update Memory Lab"):
        Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def test_the_version_is_that_of_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    path.write_text("my diary\n" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{path}")
    assert path.read_text().startswith("my diary")
