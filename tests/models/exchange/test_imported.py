"""What is exported can be opened again, and nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.command_line.report import report
from models.exchange.csv_reading import escape_formula, unescape_formula
from models.exchange.files import ALWAYS, EXPERIMENT, Results, all_files, read, zip_bytes
from models.exchange.import_files import ImportedError
from tests.imported import from_files, from_zip, zipped

EXAMPLES = Path(__file__).resolve().parents[3] / "dashboard" / "examples"


def assert_same(found: Results, results: Results) -> None:
    assert (found.run, found.experiment) == (results.run, results.experiment)
    assert found.environment == results.environment
    assert found.tables.keys() == results.tables.keys()
    for name, rows in results.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], rows, rtol=1e-5)
    assert list(found.weights) == list(results.weights)
    for model, parameters in results.weights.items():
        assert found.weights[model].tobytes() == parameters.tobytes()


def test_a_run_that_is_exported_can_be_opened_again(results: Results) -> None:
    assert all(len(rows) for rows in results.tables.values())
    assert len(results.weights) == 2 * 2 * 2  # cells, lengths, learning rates
    assert_same(from_zip(zip_bytes(results)), results)
    assert_same(from_files(all_files(results)), results)


def test_to_export_it_again_gives_the_same_bytes(results: Results) -> None:
    assert all_files(from_zip(zip_bytes(results))) == all_files(results)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.zip")), ids=lambda path: path.stem)
def test_every_recorded_example_can_be_opened(path: Path) -> None:
    found, example = from_zip(path.read_bytes()), read(path)
    for name, rows in example.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], rows)
    assert found.experiment == example.experiment


def test_files_of_adding_without_a_tolerance_were_made_with_the_older_one(tmp_path: Path) -> None:
    """As release 0.1.0 wrote them: a low loss is solved there, whatever the accuracy."""
    told = {"task": "adding", "cells": ["rnn"], "lengths": [20], "seeds": 1, "steps": 25}
    header = ",".join(TABLES["accuracy"])
    row = "old,adding,rnn,20,0,0.02,25,0.535,0.0041,0.0784,0.166667,256,True,False"
    description = {"run": "old", "experiment": told, "environment": {"memory_lab": "0.1.0"}}
    old = {
        EXPERIMENT: json.dumps(description).encode(),
        **{f"{name}.csv": f"{','.join(TABLES[name])}\n".encode() for name in ALWAYS},
        "accuracy.csv": f"{header}\n{row}\n".encode(),
    }
    (tmp_path / "old.zip").write_bytes(zipped(old))
    for found in (from_files(old), read(tmp_path / "old.zip")):
        assert found.experiment.task == "adding:tolerance=0.04"
        (measured,) = found.tables["accuracy"].to_dict("records")
        assert measured["task"] == "adding:tolerance=0.04"
        assert (measured["solved"], measured["accuracy"]) == (True, 0.535)
        assert "an answer is right within 0.04" in report(found)
        assert b"adding:tolerance=0.04" in all_files(found)[EXPERIMENT]
        assert from_zip(zip_bytes(found)).experiment == found.experiment


def test_rows_in_any_order_come_back_in_the_experiments(
    results: Results, files: dict[str, bytes]
) -> None:
    header, *rows = files["gradients.csv"].splitlines(keepends=True)
    files["gradients.csv"] = header + b"".join(reversed(rows))
    assert_same(from_files(files), results)


def test_some_of_the_tables_are_enough(results: Results, files: dict[str, bytes]) -> None:
    found = from_files({name: files[name] for name in (EXPERIMENT, "accuracy.csv")})
    pd.testing.assert_frame_equal(found.tables["accuracy"], results.tables["accuracy"], rtol=1e-5)
    for name, rows in found.tables.items():
        assert rows.dtypes.to_dict() == results.tables[name].dtypes.to_dict()


@pytest.mark.parametrize("text", ["=1+1", "'=1", "''=1", "-x", "'x", "x", "", "'", "@", "'\t"])
def test_text_that_was_defused_comes_back_as_it_was(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text
    assert not escape_formula(text).startswith(("=", "+", "-", "@", "\t"))


def test_a_run_with_the_name_of_a_formula(files: dict[str, bytes]) -> None:
    told = json.loads(files[EXPERIMENT])
    rows = files["accuracy.csv"].replace(told["run"].encode(), b"'=1+1")
    content = json.dumps({**told, "run": "=1+1"}).encode()
    found = from_files({EXPERIMENT: content, "accuracy.csv": rows})
    assert set(found.tables["accuracy"]["run"]) == {"=1+1"} == {found.run}


Change = Callable[[dict[str, bytes]], bytes]


def lying(files: dict[str, bytes]) -> bytes:
    """Says that its files are small."""
    content = bytearray(zipped({EXPERIMENT: files[EXPERIMENT], "training.csv": b"0" * 10**6}))
    for sign, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = content.rfind(sign) + offset
        assert content[place : place + 4] == (10**6).to_bytes(4, "little")
        content[place : place + 4] = (9).to_bytes(4, "little")
    return bytes(content)


def encrypted(files: dict[str, bytes]) -> bytes:
    content = bytearray(zipped(files))
    content[content.find(b"PK\1\2") + 8] |= 1
    return bytes(content)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def twice(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(EXPERIMENT, files[EXPERIMENT])
        archive.writestr(EXPERIMENT, files[EXPERIMENT])
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: b"", "it is not a ZIP file, or a damaged one"),
        (lambda files: files["accuracy.csv"], "it is not a ZIP file"),
        (lambda files: zipped(files)[:-40], "it is not a ZIP file, or a damaged one"),
        (lambda files: zipped({**files, "notes.txt": b""}), "'notes.txt' is no file of results"),
        (
            lambda files: zipped({**files, "a/accuracy.csv": b""}),
            "several folders, '.', 'a': give those of one run",
        ),
        (lambda files: zipped({"a/accuracy.csv": b""}), "experiment.json is missing"),
        (lambda files: zipped({"../accuracy.csv": b""}), "is no name of a file in it: put the fil"),
        (lambda files: zipped({"a\\..\\accuracy.csv": b""}), "is no name of a file in it"),
        (lambda files: zipped({"/accuracy.csv": b""}), "is no name of a file in it"),
        (lambda files: zipped({"C:accuracy.csv": b""}), "is no name of a file in it"),
        (lambda files: zipped({**files, "./accuracy.csv": b""}), "it holds './accuracy.csv' twice"),
        (
            lambda files: zipped({str(n): b"" for n in range(501)}),
            "it holds 501 files: at most 500",
        ),
        (lambda files: zipped(files, zipfile.ZIP_LZMA), "compressed in an unusual way"),
        (twice, "it holds 'experiment.json' twice"),
        (encrypted, "is encrypted: pack it without a password"),
        (lying, "it is not a ZIP file, or a damaged one"),
        (lambda files: zipped({"accuracy.csv": files["accuracy.csv"]}), "experiment.json is miss"),
        (lambda _: b"PK\1\2" * 100_001, "it holds far too many files"),
        (lambda _: bytes(50_000_001), "larger than 50 MB"),
    ],
)
def test_what_is_no_zip_of_results_is_refused(
    files: dict[str, bytes], change: Change, message: str
) -> None:
    with pytest.raises(ImportedError, match=message):
        from_zip(change(files))


def in_folder(files: dict[str, bytes], folder: str = "my results") -> dict[str, bytes]:
    """With an entry for the folder itself, as most programs write it."""
    return {f"{folder}/": b"", **{f"{folder}/{name}": content for name, content in files.items()}}


def from_a_mac(files: dict[str, bytes]) -> dict[str, bytes]:
    about = {f"__MACOSX/results/._{name}": b"\0\5\x16\7" for name in files}
    return {**in_folder(files, "results"), "results/.DS_Store": b"\0\0\0\1Bud1", **about}


def from_windows(files: dict[str, bytes]) -> dict[str, bytes]:
    extras = {"Thumbs.db": b"\xd0\xcf", "desktop.ini": b"[.ShellClassInfo]"}
    return {f"results\\{name}": content for name, content in {**files, **extras}.items()}


@pytest.mark.parametrize(
    "packed_by",
    [
        in_folder,
        lambda files: in_folder(files, "a/b"),
        from_a_mac,
        from_windows,
        lambda files: {**files, ".DS_Store": b"", "__MACOSX/._accuracy.csv": b"\0\5"},
        lambda files: {f"./{name}": content for name, content in files.items()},
    ],
)
def test_a_zip_of_the_folder_that_a_desktop_made_is_opened(
    results: Results,
    files: dict[str, bytes],
    packed_by: Callable[[dict[str, bytes]], dict[str, bytes]],
) -> None:
    assert_same(from_zip(zipped(packed_by(files))), results)


def saved_by_a_spreadsheet(csv: bytes) -> bytes:
    """As Excel saves "CSV UTF-8": a byte order mark, its ends of lines, its truth values."""
    text = csv.decode().replace("True", "TRUE").replace("False", "FALSE")
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


def test_tables_that_a_spreadsheet_saved_are_opened(
    results: Results, files: dict[str, bytes]
) -> None:
    saved = {
        name: saved_by_a_spreadsheet(content) if name.endswith(".csv") else content
        for name, content in files.items()
    }
    assert_same(from_files(saved), results)


def test_a_description_that_an_editor_saved_is_opened(files: dict[str, bytes]) -> None:
    from_files({**files, EXPERIMENT: b"\xef\xbb\xbf" + files[EXPERIMENT]})


def test_files_that_are_too_large_together_are_refused(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.exchange.import_files.MOST_BYTES", 10**6)
    large = {**files, "training.csv": b"0" * 10**6}
    with pytest.raises(ImportedError, match="unpacked it is larger than 1 MB"):
        from_zip(zipped(large))
    with pytest.raises(ImportedError, match="these files are larger than 1 MB together"):
        from_files(large)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ([], "experiment.json is not the one of a run: it holds environment, experiment, run"),
        ({"experiment": {"seeds": 0}}, "experiment.json: seeds is 0: it must be at least 1"),
        ({"experiment": [1]}, "experiment.json: experiment is of type list"),
        ({"run": ""}, "run is '', expected a name of at most 32 characters"),
        ({"run": "x" * 33}, "expected a name of at most 32 characters"),
        ({"run": "a\nb"}, r"run is 'a\\nb'"),
        ({"environment": None}, "environment is not one, expected at most 50 texts by name"),
        ({"environment": {"cores": 2}}, "environment has 'cores' as 2, expected a text"),
        ({"environment": {"a": "x" * 201}}, "expected a text of at most 200 characters"),
        ({"environment": {"a": "\u202e"}}, r"environment has 'a' as '.u202e'"),
        ({"environment": {str(n): "" for n in range(51)}}, "at most 50 texts"),
        ({"more": 1}, "is not the one of a run"),
    ],
)
def test_a_description_that_is_wrong_is_refused(
    files: dict[str, bytes], told: Any, message: str
) -> None:
    content = {**json.loads(files[EXPERIMENT]), **told} if isinstance(told, dict) else told
    with pytest.raises(ImportedError, match=message):
        from_files({EXPERIMENT: json.dumps(content).encode()})


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("accuracy", "run", "other", "accuracy.csv, line 2: run is 'other', experiment.json has"),
        ("accuracy", "task", "copy", "task is 'copy', experiment.json has recall"),
        ("accuracy", "cell", "gru", "cell is 'gru', experiment.json has rnn:gain=1.5, lstm"),
        ("accuracy", "length", "5", "length is 5, experiment.json has 3, 4"),
        ("accuracy", "length", "1.5", "line 2: length is '1.5', expected a whole number"),
        ("accuracy", "length", "9" * 30, "length is '9{30}', expected a whole number"),
        ("accuracy", "seed", "7", "seed is 7, it can only be from 5 to 6"),
        ("accuracy", "learning_rate", "0.03", "rate is 0.03, experiment.json has 0.01, 0.02"),
        ("accuracy", "step", "3", "step is 3, it can only be from 0 to 2"),
        ("accuracy", "step", "", "step is '', expected a whole number"),
        ("accuracy", "accuracy", "1.01", "accuracy is 1.01, it can only be from 0 to 1"),
        ("accuracy", "accuracy", "high", "line 2: accuracy is 'high', expected a number"),
        ("accuracy", "accuracy", "", "accuracy is nan, it can only be from 0 to 1"),
        ("accuracy", "loss", "-1", "loss is -1.0, it can only be from 0 up"),
        ("accuracy", "sequences", "0", "sequences is 0, the experiment evaluates on 8"),
        ("accuracy", "solved", "perhaps", "solved is 'perhaps', expected True or False"),
        ("training", "step", "0", "step is 0, it can only be from 1 to 2"),
        ("gradients", "t", "0", "t is 0, no step of a sequence of this length"),
        ("gradients", "t", "4", "line 2: t is 4, no step of a sequence of this length"),
        ("gradients", "t", "2", "line 3: this was measured before, see above"),
        ("gradients", "state", "c", "state is 'c', rnn:gain=1.5 has h"),
        ("diagnostics", "diagnostic", "mood", "diagnostic is 'mood', known are spectral_radius"),
        ("influence", "influence", "inf", "influence is inf, it can only be from 0 to 1"),
        ("generalisation", "test_length", "6", "test_length is 6, experiment.json has 5"),
    ],
)
def test_a_value_that_cannot_have_been_measured_is_refused(
    files: dict[str, bytes], table: str, column: str, value: str, message: str
) -> None:
    frame = pd.read_csv(io.BytesIO(files[f"{table}.csv"]), dtype="str", keep_default_na=False)
    frame.loc[0, column] = value
    files[f"{table}.csv"] = frame.to_csv(index=False).encode()
    with pytest.raises(ImportedError, match=message):
        from_files(files)


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        (lambda csv: b"", "training.csv has no column run: it needs run, task, cell"),
        (lambda csv: csv.replace(b",loss,", b",los,"), "training.csv has no column loss"),
        (lambda csv: csv.replace(b"\n", b",1\n").replace(b",1", b",x", 1), "unknown column 'x'"),
        (lambda csv: csv.replace(b"run,", b"run,run,", 1), "has a column twice"),
        (
            lambda csv: csv.replace(b",", b";"),
            "has semicolons between its values: save it",
        ),
        (lambda csv: csv.replace(b",", b"\t"), "has tabs between its values: save it"),
        (
            lambda csv: csv.replace(b"\n", b",9\n").replace(b",9", b"", 1),
            "line 2: 12 values for 11",
        ),
        (lambda csv: csv + b"1,2\n", "seed is missing|line .*: length is"),
        (lambda csv: csv + b'"', "training.csv is not a CSV table"),
        (lambda csv: b"\xff" + csv, "training.csv is not a CSV table in UTF-8"),
        (lambda csv: csv + csv.splitlines()[-1], "this was measured before"),
    ],
)
def test_a_csv_that_is_no_table_is_refused(
    files: dict[str, bytes], csv: Callable[[bytes], bytes], message: str
) -> None:
    files["training.csv"] = csv(files["training.csv"])
    with pytest.raises(ImportedError, match=message):
        from_files(files)


def test_a_profile_with_a_step_missing_is_refused(files: dict[str, bytes]) -> None:
    lines = files["gradients.csv"].splitlines(keepends=True)
    files["gradients.csv"] = b"".join(lines[:2] + lines[3:])
    with pytest.raises(ImportedError, match="line 2: the profile that begins here does not have"):
        from_files(files)
