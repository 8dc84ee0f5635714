"""Whatever is opened as results: it is just that and can be exported again, or one clear line."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.schema import TABLES
from models.exchange.csv_writing import csv_bytes
from models.exchange.files import EXPERIMENT, NAMES, Results, experiment_bytes
from models.exchange.import_files import ImportedError
from models.training.weights import FILE as WEIGHTS
from models.training.weights import to_npz
from tests.imported import from_files, from_zip
from tests.properties import tiny_run
from tests.properties.generated import assert_clear, on
from tests.properties.strategies import NUMERALS, junk, noise


@pytest.fixture(scope="module", autouse=True)
def _trained() -> None:
    tiny_run.results()


def tried(files: dict[str, bytes]) -> Results | None:
    try:
        results = from_files(files)
    except ImportedError as error:
        assert_clear(error)
        return None
    assert_round_trips(results)
    return results


def assert_round_trips(results: Results) -> None:
    again = from_files(
        {
            **{
                f"{name}.csv": csv_bytes(rows) for name, rows in results.tables.items() if len(rows)
            },
            EXPERIMENT: experiment_bytes(results),
            **({WEIGHTS: to_npz(results.weights)} if results.weights else {}),
        }
    )
    assert (again.run, again.experiment) == (results.run, results.experiment)
    assert again.environment == results.environment
    for name, rows in results.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], rows, rtol=1e-5)
    assert again.weights.keys() == results.weights.keys()
    assert all(
        again.weights[one].tobytes() == own.tobytes() for one, own in results.weights.items()
    )


damage = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["flip", "cut", "insert", "repeat"])),
    min_size=1,
    max_size=3,
)


def damaged(content: bytes, where: list[tuple[int, str]]) -> bytes:
    for number, how in where:
        place = number % max(len(content), 1)
        start, rest = content[:place], content[place:]
        if how == "flip":
            content = start + bytes([rest[0] ^ (1 << number % 8)]) + rest[1:] if rest else start
        elif how == "cut":
            content = start
        elif how == "insert":
            content = start + number.to_bytes(4, "little") + rest
        else:
            content = start + content[place // 2 : place] + rest
    return content


@on("damaged ZIPs")
@given(damage)
def test_a_damaged_zip(where: list[tuple[int, str]]) -> None:
    try:
        results = from_zip(damaged(tiny_run.packed(), where))
    except ImportedError as error:
        assert_clear(error)
    else:
        assert_round_trips(results)


tables = st.sampled_from([name for name in TABLES if name not in ("training", "diagnostics")])


def with_table(name: str, csv: bytes) -> dict[str, bytes]:
    """The run with this table alone: it is much faster."""
    return {EXPERIMENT: tiny_run.content()[EXPERIMENT], f"{name}.csv": csv}


@on("damaged tables")
@given(tables, damage)
def test_a_damaged_table(name: str, where: list[tuple[int, str]]) -> None:
    tried(with_table(name, damaged(tiny_run.content()[f"{name}.csv"], where)))


values = st.one_of(
    *(st.sampled_from(NUMERALS), noise, st.integers(-3, 20).map(str), st.floats().map(repr)),
    st.sampled_from(["True", "false", "h", "c", "lstm", "'=1+1", "=1+1", '"', ",", "0.01", "0.02"]),
)


@on("changed values")
@given(tables, st.integers(0, 10**4), st.integers(0, 20), values, st.booleans())
def test_a_value_that_is_another(
    name: str, row: int, column: int, value: str, swapped: bool
) -> None:
    # No value of this run has a comma in it.
    rows = [line.split(",") for line in tiny_run.content()[f"{name}.csv"].decode().splitlines()]
    row, column = 1 + row % (len(rows) - 1), column % len(rows[0])
    rows[row][column] = rows[row - 1][column] if swapped else value
    text = "\n".join(",".join(line) for line in rows)
    tried(with_table(name, text.encode("utf-8", "surrogatepass")))


def experiment_json() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(tiny_run.content()[EXPERIMENT])
    return description


@on("damaged descriptions")
@given(
    st.sampled_from(["run", "experiment", "environment", "seeds", "cells", "python", "other"]),
    junk,
    st.one_of(st.just([]), damage),
)
def test_a_damaged_description(name: str, value: Any, where: list[tuple[int, str]]) -> None:
    description = experiment_json()
    section = {
        "seeds": description["experiment"],
        "cells": description["experiment"],
        "python": description["environment"],
    }
    section.get(name, description)[name] = value
    try:
        text = json.dumps(description)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(value))
    content = damaged(text.encode("utf-8", "surrogatepass"), where)
    tried({EXPERIMENT: content, "accuracy.csv": tiny_run.content()["accuracy.csv"]})


@on("damaged weights")
@given(damage, st.booleans(), st.integers(0, 100))
def test_damaged_weights(where: list[tuple[int, str]], inside: bool, which: int) -> None:
    content = tiny_run.content()[WEIGHTS]
    if inside:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            arrays = {name: archive.read(name) for name in archive.namelist()}
        name = list(arrays)[which % len(arrays)]
        arrays[name] = damaged(arrays[name], where)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, array in arrays.items():
                archive.writestr(name, array)
        content = buffer.getvalue()
    else:
        content = damaged(content, where)
    tried({EXPERIMENT: tiny_run.content()[EXPERIMENT], WEIGHTS: content})


@on("other files")
@given(st.dictionaries(st.one_of(noise, st.sampled_from(NAMES)), st.binary(max_size=99)))
def test_files_of_any_name(files: dict[str, bytes]) -> None:
    tried(files)
