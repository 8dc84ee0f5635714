"""The store of runs: what goes in comes out, whoever reads and writes at the same time."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.exchange import files
from models.experiment import Experiment, ExperimentError
from models.service.running import execute
from models.store import NotOursError, Store, UnknownRunError, measurements
from models.training.snapshot import Snapshot
from models.training.train import train
from tests.imported import from_zip

TINY = Experiment(
    cells=("rnn", "lstm"),
    lengths=(10, 12),
    seeds=2,
    steps=4,
    evaluate_every=2,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    learning_rate=(0.01, 0.02),
    test_lengths=(15,),
    device="cpu",
)


@pytest.fixture(scope="module")
def snapshots() -> list[Snapshot]:
    return list(train(TINY))


def joined(snapshots: list[Snapshot], table: str, run: str) -> pd.DataFrame:
    parts = [one.tables[table] for one in snapshots if table in one.tables]
    frame = pd.concat(parts, ignore_index=True).assign(run=run)
    return frame[list(TABLES[table])]


def fill(store: Store, snapshots: list[Snapshot]) -> str:
    run = store.create(TINY)
    for snapshot in snapshots:
        store.append(run, snapshot, snapshot.step)
    return run


def test_a_run_goes_from_the_queue_to_its_end(store: Store) -> None:
    run = store.create(TINY)
    queued = store.run(run)
    assert (queued.status, queued.experiment, queued.done_steps) == ("queued", TINY, 0)
    assert queued.total_steps == TINY.steps
    assert (queued.started, queued.kernels) == (None, None)
    known = {"torch": "2.13", "kernels": "compiled 1"}
    store.begin(run, known, "here")
    begun = store.run(run)
    assert begun.status == "running"
    assert (begun.environment, begun.kernels) == (known, "compiled 1")
    assert begun.started is not None
    assert begun.started.tzinfo is UTC
    assert queued.created <= begun.started <= datetime.now(UTC)
    store.finish(run, "failed", "no memory")
    ended = store.run(run)
    assert (ended.status, ended.message) == ("failed", "no memory")
    assert ended.finished is not None


def test_ids_differ_and_the_newest_run_comes_first(store: Store) -> None:
    runs = [store.create(TINY) for _ in range(5)]
    assert len(set(runs)) == 5
    assert [run.id for run in store.runs()] == runs[::-1]


def test_every_table_comes_back_as_it_was_measured(store: Store, snapshots: list[Snapshot]) -> None:
    run = fill(store, snapshots)
    for table in TABLES:
        expected = joined(snapshots, table, run)
        found = store.profiles(run) if table == "gradients" else store.read(run, table)[0]
        assert len(found)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-6)


def test_a_reader_gets_each_row_once_and_in_order(store: Store, snapshots: list[Snapshot]) -> None:
    run, other = store.create(TINY), store.create(TINY)
    cursor, parts = 0, []
    for snapshot in snapshots:
        for target in (run, other):
            store.append(target, snapshot, snapshot.step)
        new, cursor = store.read(run, "accuracy", cursor)
        parts.append(new)
    nothing, same = store.read(run, "accuracy", cursor)
    assert nothing.empty
    assert same == cursor
    followed = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(followed, store.read(run, "accuracy")[0])


def test_profiles_of_some_steps_alone(store: Store, snapshots: list[Snapshot]) -> None:
    run = fill(store, snapshots)
    everything = store.profiles(run)
    some = store.profiles(run, {0, 4})
    expected = everything[everything["step"] != 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected)
    assert store.profile_steps(run) == {"rnn": 4, "lstm": 4}


def test_what_is_not_finite_survives(store: Store, snapshots: list[Snapshot]) -> None:
    run = store.create(TINY)
    accuracy = snapshots[0].tables["accuracy"].head(1).assign(loss=math.nan, diverged=True)
    training = snapshots[-1].tables["training"].head(1).assign(gradient_norm=math.inf)
    gradients = snapshots[0].tables["gradients"].copy()
    gradients.loc[gradients.index[0], "gradient_norm"] = math.nan
    tables = {"accuracy": accuracy, "training": training, "gradients": gradients}
    store.append(run, replace(snapshots[0], tables=tables), 0)
    assert math.isnan(store.read(run, "accuracy")[0]["loss"].iloc[0])
    assert store.read(run, "training")[0]["gradient_norm"].iloc[0] == math.inf
    assert store.profiles(run)["gradient_norm"].isna().sum() == 1


def test_minus_infinity_survives_the_store_and_a_csv(
    store: Store, snapshots: list[Snapshot]
) -> None:
    run = store.create(TINY)
    rows = snapshots[0].tables["diagnostics"]
    lost = rows["diagnostic"] == "lyapunov_exponent"
    assert lost.any()
    tables = {"diagnostics": rows.assign(value=rows["value"].mask(lost, -math.inf))}
    store.append(run, replace(snapshots[0], tables=tables), 0)
    store.finish(run, "stopped")
    stored = files.from_store(store, run)
    again = from_zip(files.zip_bytes(stored))
    for found in (store.read(run, "diagnostics")[0], again.tables["diagnostics"]):
        values = found.loc[found["diagnostic"] == "lyapunov_exponent", "value"]
        assert len(values) == lost.sum()
        assert (values == -math.inf).all()


def test_runs_with_which_nothing_could_be_learnt_still_open(store: Store) -> None:
    # Earlier releases have trained such experiments.
    old = Experiment(cells=("rnn:norm=batch",), batch_size=1, steps=1, held_out=1, seeds=1)
    assert old.hindrance()
    run = store.create(old)
    assert [one.experiment for one in store.runs()] == [old]
    assert store.run(run).experiment == old
    assert from_zip(files.zip_bytes(files.from_store(store, run))).experiment == old
    with pytest.raises(ExperimentError, match="leaves no gradient"):
        execute(store, run)
    assert store.run(run).status == "failed"
    assert store.run(run).message == old.hindrance()


def test_empty_tables_have_the_types_of_full_ones(store: Store, snapshots: list[Snapshot]) -> None:
    empty, full = store.create(TINY), fill(store, snapshots)
    for table in TABLES:
        if table == "gradients":
            pairs = store.profiles(empty), store.profiles(full)
        else:
            pairs = store.read(empty, table)[0], store.read(full, table)[0]
        assert pairs[0].dtypes.to_dict() == pairs[1].dtypes.to_dict()


def test_deleting_a_run_takes_its_measurements_along(
    store: Store, snapshots: list[Snapshot]
) -> None:
    kept, doomed = fill(store, snapshots), fill(store, snapshots)
    store.delete(doomed)
    assert [run.id for run in store.runs()] == [kept]
    assert store.read(doomed, "training")[0].empty
    assert store.profiles(doomed).empty
    assert len(store.read(kept, "training")[0])
    store.append(doomed, snapshots[0], 0)
    assert store.read(doomed, "accuracy")[0].empty
    assert store.stop_requested(doomed)


def test_a_run_that_is_asked_to_stop(store: Store) -> None:
    run = store.create(TINY)
    assert not store.stop_requested(run)
    store.request_stop(run)
    assert store.stop_requested(run)


def test_an_unknown_run_or_table_is_an_error(store: Store) -> None:
    for unknown in (store.run, lambda run: store.pin(run, True), lambda run: store.pin(run, False)):
        with pytest.raises(UnknownRunError, match=r"^there is no run 'nothing' in this store$"):
            unknown("nothing")
    with pytest.raises(KeyError):
        store.read("nothing", "weather")


def test_writers_and_readers_at_once_lose_nothing(
    store_url: str, store: Store, snapshots: list[Snapshot]
) -> None:
    runs = [store.create(TINY) for _ in range(3)]
    seen: dict[str, int] = dict.fromkeys(runs, 0)

    def write(run: str) -> None:
        mine = Store(store_url)
        for snapshot in snapshots:
            mine.append(run, snapshot, snapshot.step)

    def follow(run: str, writer: threading.Thread) -> None:
        cursor, going = 0, True
        while going:
            going = writer.is_alive()
            new, cursor = store.read(run, "training", cursor)
            seen[run] += len(new)

    writers = [threading.Thread(target=write, args=(run,)) for run in runs]
    readers = [
        threading.Thread(target=follow, args=pair) for pair in zip(runs, writers, strict=True)
    ]
    for thread in (*writers, *readers):
        thread.start()
    for thread in (*writers, *readers):
        thread.join()
    expected = len(joined(snapshots, "training", ""))
    assert set(seen.values()) == {expected}


def test_one_of_many_processes_gets_a_run(store: Store) -> None:
    run = store.create(TINY)
    names = [f"process {number}" for number in range(8)]

    def begins(name: str) -> bool:
        try:
            store.begin(run, {"kernels": "compiled 1"}, name)
        except NotOursError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(begins, names))
    assert [name for name, one in zip(names, begun, strict=True) if one] == [store.run(run).process]


def test_what_is_added_to_a_run_while_it_is_deleted_goes_with_it(
    store_url: str, store: Store, snapshots: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(TINY)
    added = threading.Event()
    note_part = measurements._note_part

    def note_part_slowly(*arguments: Any) -> None:
        note_part(*arguments)
        added.set()
        time.sleep(0.5)  # meanwhile it is deleted

    monkeypatch.setattr(measurements, "_note_part", note_part_slowly)
    writer = threading.Thread(target=Store(store_url).append, args=(run, snapshots[0], 0))
    writer.start()
    assert added.wait(60)
    assert store.delete(run)
    writer.join()
    assert store.read(run, "accuracy")[0].empty
    assert not store.checkpoints(run)


def test_several_open_a_new_store_at_the_same_time(store_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(Store, [store_url] * 8))
    runs = {store.create(TINY) for store in stores}
    assert {run.id for run in stores[0].runs()} == runs


def test_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'runs.sqlite'}").create(TINY)
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_environment_says_where_the_store_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'sub' / 'mine.sqlite'}")
    Store().create(TINY)
    assert (tmp_path / "sub" / "mine.sqlite").exists()
