"""Results as files."""

from __future__ import annotations

import errno
import io
import itertools
import json
import os
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from models.analysis.schema import TABLES, in_order
from models.exchange import files
from models.exchange.csv_writing import csv_bytes
from models.exchange.files import Results
from models.exchange.import_files import ImportedError
from models.experiment import Experiment
from models.service.running import execute
from models.store import Store
from tests.imported import from_files, from_zip
from tests.models.store.test_store import TINY


def zip_of(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"mine")
    return buffer.getvalue()


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


def smaller(results: Results) -> Results:
    """Another run, without the tables and weights that not every run has."""
    optional = set(TABLES) - set(files.ALWAYS)
    tables = {
        name: rows.iloc[:0] if name in optional else rows.assign(run="another")
        for name, rows in results.tables.items()
    }
    return replace(results, run="another", tables=tables, weights={})


def contents(folder: Path) -> dict[str, bytes]:
    """Of all files in it and below."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_the_export_of_another_run_is_replaced_whole_and_said(
    tmp_path: Path, results: Results
) -> None:
    for name in ("out", "out.zip"):
        assert files.write(results, tmp_path / name) is None
        assert files.write(smaller(results), tmp_path / name) == results.run
        assert files.exported_run(tmp_path / name) == "another"
    assert contents(tmp_path / "out") == files.all_files(smaller(results))
    assert from_zip((tmp_path / "out.zip").read_bytes()).run == "another"
    assert len(contents(tmp_path)) == len(contents(tmp_path / "out")) + 1, "nothing else is left"


def test_files_of_others_stay_where_they_are(tmp_path: Path, results: Results) -> None:
    files.write(results, tmp_path)
    others = {
        "notes.txt": b"mine",
        "mine.csv": b"a,b",
        "plots/accuracy.csv": b"mine",
        ".git/x": b"",
    }
    for name, content in others.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    files.write(smaller(results), tmp_path)
    assert contents(tmp_path) == {**others, **files.all_files(smaller(results))}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("accuracy.csv", b"patient,accuracy\n1,0.5\n"),
        ("validation.csv", b""),
        ("experiment.json", b'{"experiment": "mine"}'),
        ("experiment.json", b"[]"),
        ("weights.npz", b"mine"),
        ("weights.npz", zip_of("layer1.npy")),
        ("results.zip", zip_of("thesis.tex")),
        ("results.zip", b"mine"),
    ],
)
def test_no_file_of_others_is_overwritten(
    tmp_path: Path, results: Results, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    place = tmp_path / name if name.endswith(".zip") else tmp_path
    for write in (files.check_writable, partial(files.write, results)):
        with pytest.raises(FileExistsError, match=f"{name} is there already, and no export"):
            write(place)
    assert contents(tmp_path) == {name: content}


def test_a_table_that_a_spreadsheet_has_saved_is_still_the_exports(
    tmp_path: Path, results: Results
) -> None:
    files.write(results, tmp_path)
    table = tmp_path / "accuracy.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes())
    files.check_writable(tmp_path)


@pytest.mark.parametrize("call", ["unlink", "replace", "fsync"])
@pytest.mark.parametrize("last", [0, 1, 3])
def test_where_it_ends_in_between_there_is_one_run_or_none(
    tmp_path: Path, results: Results, call: str, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    files.write(results, out)
    before = contents(out)
    calls = itertools.count()
    real = getattr(os, call)

    def break_off(*arguments: object, **more: object) -> object:
        if next(calls) == last:
            raise KeyboardInterrupt
        return real(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, break_off)
        with pytest.raises(KeyboardInterrupt):
            files.write(smaller(results), out)
    if files.exported_run(out) == results.run:
        assert contents(out) == before, "the run that was there, whole"
    else:
        assert files.exported_run(out) is None
        with pytest.raises(ImportedError, match=r"experiment.json is missing"):
            from_files(contents(out))
    assert files.write(smaller(results), out) in (None, results.run)
    assert contents(out) == files.all_files(smaller(results))


def test_a_zip_that_cannot_be_written_whole_leaves_the_one_that_was_there(
    tmp_path: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(results, tmp_path / "out.zip")
    before = contents(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(smaller(results), tmp_path / "out.zip")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_text_that_a_spreadsheet_would_run_is_defused(sign: str) -> None:
    frame = pd.DataFrame({"cell": [f"{sign}HYPERLINK(1)", "rnn"], "loss": [-1.0, 2.0]})
    read = pd.read_csv(io.BytesIO(csv_bytes(frame)))
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
