"""Results as files."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.analysis.row_order import in_order
from models.analysis.schema import TABLES
from models.exchange import files
from models.exchange.files import Results
from models.experiment import Experiment
from models.service.running import execute
from models.store import Store
from tests.models.store.test_store import TINY


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.sqlite'}")
    run = store.create(TINY)
    execute(store, run)
    return files.from_store(store, run)


def test_a_csv_has_the_columns_of_its_table_and_six_digits(results: Results) -> None:
    texts = files.csv_tables(results)
    assert set(texts) == {f"{name}.csv" for name in TABLES}
    for name, columns in TABLES.items():
        frame = pd.read_csv(io.BytesIO(texts[f"{name}.csv"]))
        assert tuple(frame.columns) == columns
        expected = results.tables[name].reset_index(drop=True)
        pd.testing.assert_frame_equal(frame, expected, check_dtype=False, rtol=1e-5)


def test_rows_come_in_the_experiments_order_whatever_order_they_were_measured_in(
    results: Results,
) -> None:
    for frame in results.tables.values():
        shuffled = frame.sample(frac=1, random_state=0)
        pd.testing.assert_frame_equal(in_order(shuffled, TINY), in_order(frame, TINY))
    assert list(results.tables["accuracy"]["cell"].unique()) == list(TINY.cells)


@pytest.mark.parametrize("name", ["results", "results.zip", "new/folder/results.zip"])
def test_what_is_written_can_be_read(tmp_path: Path, results: Results, name: str) -> None:
    files.write(results, tmp_path / name)
    again = files.read(tmp_path / name)
    assert (again.run, again.experiment) == (results.run, results.experiment)
    assert again.environment == results.environment
    for table, frame in results.tables.items():
        pd.testing.assert_frame_equal(again.tables[table], frame, rtol=1e-5)


def test_the_zip_says_what_was_run_where_and_when(results: Results) -> None:
    with zipfile.ZipFile(io.BytesIO(files.zip_bytes(results))) as archive:
        told = json.loads(archive.read("experiment.json"))
    assert told["experiment"]["cells"] == list(TINY.cells)
    assert told["run"] == results.run
    assert {"python", "torch", "memory_lab", "platform", "created"} <= set(told["environment"])


def test_the_description_alone_is_that_of_the_zip(results: Results) -> None:
    alone = files.experiment_bytes(results)
    with zipfile.ZipFile(io.BytesIO(files.zip_bytes(results))) as archive:
        assert archive.read("experiment.json") == alone
    assert Experiment.from_mapping(json.loads(alone)["experiment"]) == TINY


def test_tables_that_are_not_there_are_empty_and_have_their_types(
    tmp_path: Path, results: Results
) -> None:
    empty = {name: frame.iloc[:0] for name, frame in results.tables.items()}
    files.write(replace(results, tables=empty, weights={}), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"experiment.json", "accuracy.csv", "training.csv", "gradients.csv"}
    for name, frame in files.read(tmp_path / "out").tables.items():
        pd.testing.assert_frame_equal(frame, empty[name])


def test_writing_again_replaces_and_leaves_nothing_else_behind(
    tmp_path: Path, results: Results
) -> None:
    files.write(results, tmp_path / "out")
    files.write(replace(results, run="another"), tmp_path / "out")
    assert files.read(tmp_path / "out").run == "another"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"experiment.json", "weights.npz", *(f"{name}.csv" for name in TABLES)}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_text_that_a_spreadsheet_would_run_is_defused(sign: str) -> None:
    frame = pd.DataFrame({"cell": [f"{sign}HYPERLINK(1)", "rnn"], "loss": [-1.0, 2.0]})
    read = pd.read_csv(io.BytesIO(files.csv_bytes(frame)))
    assert read["cell"].tolist() == [f"'{sign}HYPERLINK(1)", "rnn"]
    assert read["loss"].tolist() == [-1.0, 2.0]


def test_where_nothing_can_be_written_is_found_out_beforehand(
    tmp_path: Path, results: Results
) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below.zip"):
        with pytest.raises(OSError, match="file"):
            files.check_writable(path)
    files.check_writable(tmp_path / "fine")
    files.check_writable(tmp_path / "fine.zip")
    assert not (tmp_path / "fine.zip").exists()
