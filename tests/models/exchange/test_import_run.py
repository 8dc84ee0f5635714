"""Imported results are a run like any other, wholly or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from models.analysis.run_summary import summarise_run
from models.exchange.files import Results, from_store, zip_bytes
from models.store import Store, StoreError
from models.store.labels import NO_LABELS, Labels
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS
from tests.imported import from_zip, store_results
from tests.properties import tiny_run


@pytest.fixture
def results() -> Results:
    return tiny_run.results()


def with_status(results: Results, status: str) -> Results:
    return replace(results, environment={**results.environment, "status": status})


def without_run(results: Results) -> dict[str, pd.DataFrame]:
    return {name: rows.drop(columns="run") for name, rows in results.tables.items()}


def assert_same(found: Results, expected: Results) -> None:
    assert found.experiment == expected.experiment
    tables = without_run(expected)
    for name, rows in without_run(found).items():
        pd.testing.assert_frame_equal(rows, tables[name])
    assert set(found.weights) == set(expected.weights)
    for model, parameters in expected.weights.items():
        np.testing.assert_array_equal(found.weights[model], parameters)


def test_exported_imported_adopted_and_exported_is_the_same(store: Store, results: Results) -> None:
    opened = from_zip(zip_bytes(results))
    first = from_store(store, store_results(store, opened))
    assert_same(first, opened)
    second = from_store(store, store_results(store, from_zip(zip_bytes(first))))
    assert first.run != second.run
    assert_same(second, first)
    again = {"created", "imported"}
    assert {key: first.environment[key] for key in first.environment if key not in again} == {
        key: text for key, text in results.environment.items() if key not in again
    }


def test_it_is_a_run_of_the_visitor_that_has_ended(store: Store, results: Results) -> None:
    run = store.run(store_results(store, results, "anna"))
    assert (run.status, run.message, run.visitor) == ("finished", "", "anna")
    assert run.done_steps == run.total_steps == results.experiment.steps
    assert run.started
    assert run.finished
    assert "imported" in run.environment
    assert run.size > sum(array.nbytes for array in results.weights.values())
    assert store.sizes()[run.id] == run.size
    assert [one.id for one in store.runs("anna")] == [run.id]
    assert not store.active()


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("stopped", "stopped"),
        ("interrupted", "interrupted"),
        ("failed", "failed"),
        ("running", "stopped"),
        ("queued", "stopped"),
        ("", "stopped"),
        ("<b>", "stopped"),
    ],
)
def test_one_that_had_not_finished_cannot_go_on_here(
    store: Store, results: Results, told: str, status: str
) -> None:
    run = store.run(store_results(store, with_status(results, told)))
    assert (run.status, run.message) == (status, "as imported")
    assert not run.resumable


def lacking(results: Results, name: str, kept: str) -> Results:
    """Without the rows of this table that are not ``kept``."""
    tables = {**results.tables, name: results.tables[name].query(kept)}
    return replace(results, tables=tables)


@pytest.mark.parametrize(
    ("name", "kept", "message", "status"),
    [
        ("accuracy", "step < 0", "as imported, without accuracy.csv", "stopped"),
        (
            "accuracy",
            "step < 2",
            "step 2 of rnn:gain=1.5 at length 3, seed 5, learning rate 0.01 and of 15 other",
            "stopped",
        ),
        (
            "accuracy",
            "step < 2 or seed > 5",
            "0.01 and of 7 other models in accuracy.csv",
            "stopped",
        ),
        ("training", "step < 0", "as imported, without training.csv", "finished"),
        ("gradients", "step < 0", "as imported, without gradients.csv", "finished"),
        ("validation", "step < 0", "as imported, without validation.csv", "finished"),
        ("influence", "step < 0", "", "finished"),
    ],
)
def test_a_finished_run_that_lacks_something_is_opened_as_what_it_is(
    store: Store, results: Results, name: str, kept: str, message: str, status: str
) -> None:
    run = store.run(store_results(store, lacking(results, name, kept)))
    assert run.status == status
    assert message in run.message
    assert bool(run.message) == bool(message)
    assert run.done_steps == results.experiment.steps
    assert not run.resumable


def test_name_notes_and_tags_travel_with_the_run(store: Store) -> None:
    results = tiny_run.results()
    labels = Labels("=1+1 <b>**x**</b>", "a\nb", ("α", "@tag"))
    run = store_results(store, replace(results, labels=labels))
    assert store.run(run).labels == labels
    assert from_store(store, run).labels == labels
    assert store.run(run).summary == summarise_run(
        results.tables["accuracy"], results.tables["validation"]
    )
    plain = store.run(store_results(store, results))
    assert plain.labels == NO_LABELS


def test_results_without_any_rows_are_a_run_as_well(store: Store, results: Results) -> None:
    empty = {name: rows.iloc[:0] for name, rows in results.tables.items()}
    run = store_results(store, replace(results, tables=empty, weights={}))
    assert store.run(run).done_steps == 0
    assert all(not len(rows) for rows in from_store(store, run).tables.values())


def test_where_anything_cannot_be_written_nothing_is(
    store: Store, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store_results(store, results)
    before = rows_in(store)
    writing, calls = store.writing, itertools.count()

    def fail_at_the_ninth(work: Callable[[sa.Connection], Any]) -> Any:
        if next(calls) == 8:
            # A table that is not there.
            return writing(lambda connection: connection.execute(sa.text("DELETE FROM nowhere")))
        return writing(work)

    monkeypatch.setattr(store, "writing", fail_at_the_ninth)
    with pytest.raises(StoreError):
        store_results(store, results)
    assert next(calls) > 9
    assert rows_in(store) == before
    assert [run.id for run in store.runs()] == [kept]


def rows_in(store: Store) -> dict[str, int]:
    """Of every table that holds runs and rows."""
    with store.reading() as connection:
        return {
            table.name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in (RUNS, *ROWS.values(), PROFILES, WEIGHTS, SHARDS)
        }
