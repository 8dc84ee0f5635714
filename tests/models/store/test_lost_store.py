"""A store that is moved, deleted or replaced while it is open: told, not written, found again."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.experiment import Experiment
from models.store import Store, StoreError
from tests.faults.locks import cut_off_all
from tests.models.store.test_migrations import STORES, differences

TINY = Experiment(cells=("rnn",), lengths=(10,), seeds=1, steps=2, evaluate_every=1, hidden_size=4)
NAME = "runs.sqlite"


def url(folder: Path) -> str:
    return sa.URL.create("sqlite", database=str(folder / NAME)).render_as_string()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stores"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = Store(url(folder))
    yield store
    store.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Of SQLite's files, but for the one that only says who is there."""
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir())
        if not file.name.endswith("-shm")
    }


def moved_away(folder: Path) -> Path:
    """The database and what is beside it, in another folder."""
    away = folder.parent / "away"
    away.mkdir()
    for file in sorted(folder.iterdir()):
        file.rename(away / file.name)
    return away


def put_back(folder: Path, away: Path) -> None:
    for file in away.iterdir():
        file.rename(folder / file.name)


def folder_gone(folder: Path) -> None:
    folder.rmdir()


def folder_is_a_file(folder: Path) -> None:
    folder.rmdir()
    folder.touch()


def file_is_a_folder(folder: Path) -> None:
    (folder / NAME).mkdir()


def file_is_a_loop(folder: Path) -> None:
    (folder / NAME).symlink_to(folder / NAME)


def nothing(folder: Path) -> None:
    assert not list(folder.iterdir())


WAYS: dict[Callable[[Path], None], str] = {
    nothing: "is not there any more, it was moved, deleted or unmounted: put it back, or restart",
    folder_gone: "is not there any more",
    folder_is_a_file: "is not there any more",
    file_is_a_folder: "is no file any more: put the store back in its place",
    file_is_a_loop: "cannot be reached",
}
"""What stands in the place of the store, and what is said of it."""


def answers(store: Store, run: str) -> list[Callable[[], object]]:
    """What pages and trainers do with a store."""
    return [
        store.runs,
        lambda: store.run(run),
        lambda: store.read(run, "accuracy"),
        lambda: store.create(TINY),
        lambda: store.pin(run, True),
        lambda: store.finish(run, "stopped"),
        lambda: store.delete(run),
    ]


@pytest.mark.parametrize("way", WAYS)
def test_whoever_reads_or_writes_is_told_and_the_store_goes_on_when_it_is_back(
    store: Store, folder: Path, way: Callable[[Path], None]
) -> None:
    run = store.create(TINY)
    away = moved_away(folder)
    before = contents(away)
    way(folder)
    found = sorted(folder.parent.rglob("*"))
    for answer in answers(store, run):
        with pytest.raises(StoreError, match=WAYS[way]) as told:
            answer()
        assert str(folder / NAME) in str(told.value)
    assert contents(away) == before
    assert sorted(folder.parent.rglob("*")) == found
    if folder.is_file() or (folder / NAME).is_symlink():
        (folder if folder.is_file() else folder / NAME).unlink()
    elif (folder / NAME).exists():
        (folder / NAME).rmdir()
    folder.mkdir(exist_ok=True)
    put_back(folder, away)
    assert [one.id for one in store.runs()] == [run]
    assert store.finish(run, "stopped")


def test_a_patient_writer_does_not_wait_for_a_store_that_is_gone(folder: Path) -> None:
    store = Store(url(folder), patience=10**6)
    moved_away(folder)
    with pytest.raises(StoreError, match="not there any more"):
        store.create(TINY)


def test_another_store_in_its_place_is_opened_and_brought_up_to_date(
    store: Store, folder: Path
) -> None:
    store.create(TINY)
    away = moved_away(folder)
    before = contents(away)
    old = gzip.decompress((STORES / "release_0_1_0.sqlite.gz").read_bytes())
    (folder / NAME).write_bytes(old)
    assert {run.experiment.steps for run in store.runs()} == {4}
    assert differences(store) == []
    added = store.create(TINY)
    assert contents(away) == before
    (folder / "old").mkdir()
    store.close()
    shutil.rmtree(folder)
    away.rename(folder)
    assert added not in {run.id for run in store.runs()}
    assert store.count() == 1


def test_a_store_that_somebody_begins_in_its_place_is_gone_on_with(
    store: Store, folder: Path
) -> None:
    store.create(TINY)
    shutil.rmtree(folder)
    begun = Store(url(folder)).create(TINY)
    assert [run.id for run in store.runs()] == [begun]
    assert store.finish(begun, "stopped")


def test_another_store_is_not_opened_with_the_latest_writes_of_the_former(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    """SQLite itself would write them into it."""
    store.create(TINY)
    other = Store(url(tmp_path / "other"))
    run = other.create(TINY)
    other.close()
    (tmp_path / "other" / NAME).replace(folder / NAME)
    before = contents(folder)
    assert sorted(before) == [NAME, f"{NAME}-wal"]
    for answer in answers(store, run):
        with pytest.raises(StoreError, match=rf"former back, or move {NAME}-wal and {NAME}-shm"):
            answer()
    assert contents(folder) == before
    for name in ("wal", "shm"):
        (folder / f"{NAME}-{name}").rename(tmp_path / name)
    assert [one.id for one in store.runs()] == [run]
    with store.reading() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"


def test_what_is_no_store_is_told_and_left_alone(store: Store, folder: Path) -> None:
    run = store.create(TINY)
    away = moved_away(folder)
    (folder / NAME).write_text("my diary\n" * 1000)
    for answer in answers(store, run):
        with pytest.raises(StoreError, match="not a database"):
            answer()
    assert (folder / NAME).read_text() == "my diary\n" * 1000
    put_back(folder, away)
    assert store.run(run).status == "queued"


def test_a_store_that_is_moved_while_a_write_waits_is_not_written(
    store: Store, folder: Path
) -> None:
    run = store.create(TINY)
    waits = threading.Event()
    told: list[str] = []

    def write() -> None:
        try:
            store.pin(run, True)
        except StoreError as error:
            told.append(str(error))

    def asked(*_: object) -> None:
        waits.set()

    sa.event.listen(store._engine, "engine_connect", asked)
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=write)
        writer.start()
        assert waits.wait(60)
        away = moved_away(folder)
        before = contents(away)
        other.execute("ROLLBACK")
        writer.join()
    assert len(told) == 1
    assert "not there any more" in told[0]
    assert contents(away) == before
    put_back(folder, away)
    assert not store.run(run).pinned


def test_one_that_must_exist_is_not_made(folder: Path) -> None:
    with pytest.raises(StoreError, match="not there any more"):
        Store(url(folder), must_exist=True)
    assert not folder.exists()
    Store(url(folder)).close()
    Store(url(folder), must_exist=True).close()


def test_a_path_may_have_any_signs_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c #d ü"
    store = Store(url(folder))
    run = store.create(TINY)
    store.close()
    assert [file.name for file in folder.iterdir()] == [NAME]
    assert Store(url(folder)).run(run).id == run


def test_a_store_in_memory_is_no_file() -> None:
    store = Store("sqlite://")
    assert store.file is None
    assert store.run(store.create(TINY)).status == "queued"


@contextmanager
def administered(store: Store) -> Iterator[Callable[[str], object]]:
    """Executes a statement about the Postgres database of the store, while nobody is connected."""
    name = str(store.url.database)
    server = sa.create_engine(store.url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def execute(statement: str) -> None:
        with suppress(sa.exc.OperationalError):
            cut_off_all(store)
        with server.connect() as connection:
            connection.execute(sa.text(statement.format(name)))

    yield execute
    server.dispose()


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_a_database_that_is_away_comes_back(store_url: str) -> None:
    store = Store(store_url)
    run = store.create(TINY)
    with administered(store) as execute:
        execute("ALTER DATABASE {0} RENAME TO {0}_away")
        for answer in answers(store, run):
            with pytest.raises(StoreError, match="does not exist"):
                answer()
        execute("ALTER DATABASE {0}_away RENAME TO {0}")
        assert store.run(run).status == "queued"
        assert store.finish(run, "stopped")


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_a_database_that_was_dropped_and_made_again_gets_its_tables(store_url: str) -> None:
    store = Store(store_url)
    store.create(TINY)
    with administered(store) as execute:
        execute("DROP DATABASE {0}")
        execute("CREATE DATABASE {0}")
        with pytest.raises(StoreError, match="does not exist"):
            store.runs()
        assert not store.runs()
        assert differences(store) == []
        assert store.run(store.create(TINY)).status == "queued"
