"""Stores that older releases have written open in this one, wholly or not at all."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.analysis.schema import TABLES
from models.command_line.report import report
from models.exchange.files import from_store, zip_bytes
from models.experiment import Experiment, ExperimentError
from models.kernels.version import kernels_on
from models.service.running import execute
from models.store import Store, StoreError
from models.store.lost_runs import close_lost_runs
from models.store.migrations import FOLDER, TABLE, VERSION
from models.store.tables import METADATA, WEIGHTS
from models.tasks import make_task
from tests.imported import from_zip
from tests.recorded import finished, measured

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


def without_kernels(connection: sa.Connection) -> None:
    """Makes the tables those of release 0.2.0."""
    later = ("extends", "earlier", "narrow_factor", "narrow_seconds")
    latest = ("name", "notes", "tags", "task", "cells", "searched", "summary", "deleted")
    for column in ("kernels", *later, *latest):
        connection.execute(sa.text(f"ALTER TABLE runs DROP COLUMN {column}"))
    connection.execute(sa.text("ALTER TABLE runs ADD COLUMN processes INTEGER"))
    connection.execute(sa.text("UPDATE runs SET processes = 2 WHERE started IS NOT NULL"))
    connection.execute(sa.text(f"UPDATE {TABLE} SET version_num = '0003'"))


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


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("options", ["", ":targets=every"])
def test_old_runs_of_adding_say_the_criterion_that_they_were_made_with(
    name: str, options: str, tmp_path: Path
) -> None:
    url = unpacked(name, tmp_path)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        adding, other = connection.scalars(
            sa.text("SELECT id FROM runs WHERE status = 'finished' ORDER BY id")
        )
        task = f"adding{options}"
        text = connection.scalar(
            sa.text("SELECT experiment FROM runs WHERE id = :i"), {"i": adding}
        )
        settings = json.dumps({**json.loads(str(text)), "task": task})
        said = {"id": adding, "task": task, "settings": settings}
        connection.execute(sa.text("UPDATE runs SET experiment = :settings WHERE id = :id"), said)
        for table in sa.inspect(connection).get_table_names():
            if "task" in {one["name"] for one in sa.inspect(connection).get_columns(table)}:
                connection.execute(
                    sa.text(f"UPDATE {table} SET task = :task WHERE run = :id"), said
                )
        before = pd.read_sql("SELECT run, solved, accuracy FROM accuracy ORDER BY id", connection)
    engine.dispose()
    store = Store(url)
    results = from_store(store, adding)
    expected = f"adding:{options[1:] + ',' if options else ''}tolerance=0.04"
    assert results.experiment.task == expected
    assert make_task(expected).criterion in report(results)
    for table, rows in results.tables.items():
        assert set(rows["task"]) <= {expected}, table
    stored, _ = store.read(adding, "accuracy")
    own = before[before["run"] == adding]
    assert stored["solved"].tolist() == own["solved"].astype(bool).tolist()
    assert stored["accuracy"].tolist() == own["accuracy"].tolist()
    # The weights are of another task, with other shapes.
    opened = from_zip(zip_bytes(replace(results, weights={})))
    assert opened.experiment == results.experiment
    with store.reading() as connection:
        kept = connection.scalars(sa.select(WEIGHTS.c.task).where(WEIGHTS.c.run == adding)).all()
    assert set(kept) <= {expected}
    assert "adding" not in store.run(other).experiment.task
    assert set(store.read(other, "accuracy")[0]["task"]) == {store.run(other).experiment.task}


def test_the_criterion_of_old_runs_is_noted_in_every_database(store: Store, store_url: str) -> None:
    experiment = Experiment(task="adding", lengths=(2,), steps=1, seeds=1, held_out=1, batch_size=1)
    run = finished(store, experiment)

    def as_before(connection: sa.Connection) -> None:
        without_kernels(connection)
        text = "UPDATE runs SET experiment = replace(experiment, :named, '')"
        connection.execute(sa.text(text), {"named": ":tolerance=0.08"})
        for table in TABLES:
            connection.execute(sa.text(f"UPDATE {table} SET task = 'adding'"))
        connection.execute(sa.text(f"UPDATE {TABLE} SET version_num = '0002'"))

    store.writing(as_before)
    results = from_store(Store(store_url), run)
    assert results.experiment == replace(experiment, task="adding:tolerance=0.04")
    assert len(results.weights) == len(experiment.cells)
    for table in ("accuracy", "training", "gradients"):
        assert set(results.tables[table]["task"]) == {"adding:tolerance=0.04"}, table


TINY = Experiment(
    cells=("rnn", "gru"), lengths=(10,), seeds=2, steps=4, evaluate_every=2, held_out=8,
    hidden_size=4, batch_size=4, device="cpu",
)  # fmt: skip


def test_runs_from_before_there_were_compiled_kernels_are_read_and_not_gone_on_with(
    store: Store, store_url: str
) -> None:
    broken, queued_again, whole = (
        measured(store, TINY),
        measured(store, TINY),
        finished(store, TINY),
    )
    fresh = store.create(TINY)
    for run in (broken, queued_again):
        store.finish(run, "stopped")
    store.resume(queued_again)
    before = {run: from_store(store, run) for run in (broken, queued_again, whole)}
    assert store.checkpoints(broken)
    store.writing(without_kernels)

    opened = Store(store_url)
    assert differences(opened) == []
    assert (opened.run(broken).status, opened.run(broken).resumable) == ("stopped", False)
    assert not opened.checkpoints(broken)
    for one in (queued_again, broken):
        opened.resume(broken)
        with pytest.raises(ExperimentError, match=r"kernels of an older release .* train it anew"):
            execute(opened, one)
    for run, results in before.items():
        again = from_store(opened, run)
        for name, rows in results.tables.items():
            pd.testing.assert_frame_equal(again.tables[name], rows, check_exact=True)
    assert execute(opened, fresh).status == "finished"
    assert opened.run(fresh).kernels == kernels_on("cpu")


def test_what_an_old_release_left_running_is_closed_and_what_waited_waits(tmp_path: Path) -> None:
    store = Store(unpacked("release_0_1_0", tmp_path))
    (lost,) = close_lost_runs(store)
    closed = store.run(lost)
    assert (closed.status, closed.resumable) == ("interrupted", False)
    (waits,) = store.active()
    assert waits.queued == waits.created
    store.begin(waits.id, {"kernels": "compiled 1"}, "somebody")
    assert store.run(waits.id).status == "running"


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
