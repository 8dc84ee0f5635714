"""What is read of a run, and its export, take little more memory than its tables."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.exchange import csv_writing, files
from models.experiment import Experiment
from models.store import Store, measurements
from tests.imported import store_results
from tests.properties import tiny_run

ROWS = 400_000
MEGABYTES = 250
"""Rows as objects, all at once, would take 440, and then their text."""

PEAK = """
import os, sys
from pathlib import Path
from models.exchange.files import export
from models.store import Store

def peak(work):
    # A forked process: one that was started has the peak of who started it.
    process = os.fork()
    if not process:
        work()
        os._exit(0)
    return os.wait4(process, 0)[2].ru_maxrss

store = Store(sys.argv[1])
idle = peak(lambda: Store(sys.argv[1]).runs())
work = lambda: export(Store(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
print(peak(work) - idle)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A store, and a run in it with many rows."""
    url = f"sqlite:///{tmp_path_factory.mktemp('large') / 'runs.sqlite'}"
    experiment = Experiment(
        task="recall", cells=("lstm",), lengths=(1000,), seeds=ROWS // 1000, steps=1
    )
    table = pd.DataFrame(
        {
            "run": "20260102-030405-abcdefghijklmnop",
            "task": "recall",
            "cell": "lstm",
            "length": 1000,
            "seed": np.repeat(np.arange(ROWS // 1000), 1000),
            "learning_rate": experiment.learning_rate[0],
            "step": 1,
            "t": np.tile(np.arange(1, 1001), ROWS // 1000),
            "influence": 0.25,
        }
    )
    results = files.Results(
        "20260102-030405-abcdefghijklmnop", experiment, {"status": "stopped"}, {"influence": table}
    )
    return url, store_results(Store(url), results)


@pytest.mark.parametrize("name", ["influence.csv", "all.zip"])
def test_an_export_takes_little_more_memory_than_its_tables(
    large: tuple[str, str], tmp_path: Path, name: str
) -> None:
    command = [sys.executable, "-c", PEAK, *large, name, str(tmp_path / "file")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # In kilobytes, but on a Mac in bytes.
    assert int(told) / (10**6 if sys.platform == "darwin" else 10**3) < MEGABYTES


def test_blocks_of_rows_are_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store_results(store, tiny_run.results())
    whole, cursor = store.read(run, "accuracy")
    csv = files.table_bytes("accuracy", whole)
    monkeypatch.setattr(measurements, "BLOCK_ROWS", 2)
    monkeypatch.setattr(csv_writing, "BLOCK_ROWS", 2)
    again, last = store.read(run, "accuracy")
    assert len(whole) > 4
    pd.testing.assert_frame_equal(again, whole)
    assert last == cursor
    assert files.table_bytes("accuracy", whole) == csv


@pytest.mark.parametrize("name", ["whole.zip", files.EXPERIMENT, "accuracy.csv", "gradients.csv"])
def test_each_file_of_an_export_is_as_in_all_of_it(tmp_path: Path, name: str) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store_results(store, tiny_run.results())
    expected = files.all_files(files.from_store(store, run))
    files.export(store, run, name, tmp_path / "file")
    content = (tmp_path / "file").read_bytes()
    if name in expected:
        assert content == expected[name]
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {one: archive.read(one) for one in archive.namelist()} == expected


def test_only_the_tables_that_a_file_has_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store_results(store, tiny_run.results())
    seen: list[str] = []
    read = store.read

    def watched(run_id: str, table: str, after: int = 0) -> tuple[pd.DataFrame, int]:
        seen.append(table)
        return read(run_id, table, after)

    monkeypatch.setattr(store, "read", watched)
    files.export(store, run, files.EXPERIMENT, tmp_path / "file")
    assert seen == []
    files.export(store, run, "accuracy.csv", tmp_path / "file")
    assert seen == ["accuracy"]
    files.export(store, run, "whole.zip", tmp_path / "file")
    assert set(seen) == set(TABLES) - {"gradients"}
