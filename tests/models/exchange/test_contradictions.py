"""Exports that were edited by hand: what contradicts itself is refused, what is missing is said."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.exchange.csv_writing import csv_bytes
from models.exchange.files import EXPERIMENT, all_files, from_store
from models.exchange.import_files import ImportedError
from models.exchange.import_run import import_file
from models.exchange.plausibility import Block
from models.experiment import Experiment
from models.store import Store
from models.store.run import Run
from models.tasks import make_task
from tests.imported import from_files
from tests.models.tables import table as table_of
from tests.properties import tiny_run
from tests.recorded import finished

Edit = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def files() -> dict[str, bytes]:
    return dict(tiny_run.content())


def edited(files: dict[str, bytes], name: str, edit: Edit) -> dict[str, bytes]:
    rows = pd.read_csv(io.BytesIO(files[f"{name}.csv"]))
    return {**files, f"{name}.csv": csv_bytes(edit(rows))}


def with_values(**values: Any) -> Edit:
    """The first row has these instead."""

    def edit(rows: pd.DataFrame) -> pd.DataFrame:
        for column, value in values.items():
            rows[column] = rows[column].astype(object)
            rows.loc[0, column] = value
        return rows

    return edit


def test_an_image_that_was_counted_more_than_once_counts_once() -> None:
    experiment = Experiment(task="digits", lengths=(64,), cells=("rnn",), held_out=640)
    for counted in (640, 300):
        rows = table_of("accuracy", {"task": "digits", "length": 64, "sequences": counted})
        Block("accuracy.csv", experiment, rows, 2).scores({"length": np.array([0])})
        assert rows["sequences"].tolist() == [300]


@pytest.mark.parametrize(
    ("table", "values", "message"),
    [
        ("accuracy", {"sequences": 1_065_536}, "sequences is 1065536, the experiment evaluates"),
        ("accuracy", {"sequences": 4}, "sequences is 4, the experiment evaluates on 8"),
        ("accuracy", {"sequences": -8}, "sequences is -8, the experiment evaluates on 8"),
        ("validation", {"sequences": 16}, "sequences is 16, the experiment evaluates on 8"),
        ("generalisation", {"sequences": 16}, "sequences is 16, the experiment evaluates on 8"),
        (
            "accuracy",
            {"accuracy": 1, "loss": 0.1, "solved": False},
            "solved is False, its accuracy says otherwise",
        ),
        (
            "accuracy",
            {"accuracy": 0.5, "loss": 0.7, "solved": True},
            "solved is True, its accuracy says otherwise",
        ),
        ("accuracy", {"accuracy": 0.5, "loss": 0.3}, "loss is 0.3, too low for its accuracy"),
        ("training", {"accuracy": 0, "loss": 0.6}, "loss is 0.6, too low for its accuracy"),
        ("validation", {"accuracy": 0.5, "loss": 0}, "loss is 0.0, too low for its accuracy"),
        ("generalisation", {"accuracy": 0.5, "loss": 0}, "loss is 0.0, too low for its"),
        ("training", {"gradient_norm": 0.5, "clipped": True}, "clipped is True, its gradient_norm"),
        ("training", {"gradient_norm": 1.5, "clipped": False}, "clipped is False, its gradient"),
        ("influence", {"step": 1}, "step is 1, this is measured after step 2 alone"),
        ("generalisation", {"step": 0}, "step is 0, this is measured after step 2 alone"),
        ("connectivity", {"step": 1}, "step is 1, this is measured at steps 0 and 2 alone"),
        (
            "diagnostics",
            {"diagnostic": "saturation_h", "value": 1.5},
            "value is 1.5, a share can only be from 0 to 1",
        ),
    ],
)
def test_a_row_that_contradicts_itself_or_the_settings_is_refused(
    files: dict[str, bytes], table: str, values: dict[str, object], message: str
) -> None:
    if table == "diagnostics":
        # The row that says it is the one that is changed.
        files = edited(files, table, lambda rows: rows[rows["diagnostic"] != "saturation_h"])
    with pytest.raises(ImportedError, match=rf"^{table}.csv, line 2: {message}"):
        from_files(edited(files, table, with_values(**values)))


@pytest.mark.parametrize("table", ["accuracy", "generalisation"])
def test_the_chance_level_is_the_tasks_whatever_the_file_says(
    files: dict[str, bytes], table: str
) -> None:
    rows = from_files(
        edited(files, table, with_values(chance_accuracy=0.99, chance_loss=-1))
    ).tables[table]
    chance = make_task("recall").chance(3)
    assert set(rows["chance_accuracy"]) == {chance.accuracy}
    assert set(rows["chance_loss"]) == {chance.loss}


@pytest.mark.parametrize(
    ("cell", "value"), [("accuracy", 0.9899999), ("accuracy", 0.99), ("accuracy", 0.9900001)]
)
def test_what_six_digits_hide_contradicts_nothing(
    files: dict[str, bytes], cell: str, value: float
) -> None:
    for solved in (True, False):
        change = {cell: value, "loss": 0.1, "solved": solved}
        from_files(edited(files, "accuracy", with_values(**change)))


def without(kept: str) -> Edit:
    return lambda rows: rows.query(f"not ({kept})")


FIRST = "cell == 'rnn:gain=1.5' and length == 3 and seed == 5 and learning_rate == 0.01"
LAST = "cell == 'lstm' and length == 4 and seed == 6 and learning_rate == 0.02"


@pytest.mark.parametrize(
    ("table", "gone", "missing", "status"),
    [
        ("accuracy", f"{FIRST} and step == 2", "2 of rnn:gain=1.5 at length 3, seed 5", "stopped"),
        ("accuracy", f"{LAST} and step == 1", "1 of lstm at length 4, seed 6", "finished"),
        ("accuracy", f"{LAST}", "0 of lstm at length 4, seed 6", "stopped"),
        ("validation", f"{LAST} and step == 2", "2 of lstm at length 4, seed 6", "finished"),
        ("training", f"{LAST} and step == 1", "1 of lstm at length 4, seed 6", "finished"),
        ("training", f"{FIRST} and step == 2", "2 of rnn:gain=1.5 at length 3, s", "finished"),
        ("gradients", f"{LAST} and step == 2", "2 of lstm at length 4, seed 6", "finished"),
        ("generalisation", LAST, "2 of lstm at length 4, seed 6", "finished"),
    ],
)
def test_what_a_finished_run_lacks_is_said_by_model_and_step(
    store: Store,
    tmp_path: Path,
    files: dict[str, bytes],
    table: str,
    gone: str,
    missing: str,
    status: str,
) -> None:
    run = imported(store, tmp_path, edited(files, table, without(gone)))
    assert (run.status, run.done_steps) == (status, 2)
    assert run.message.startswith(f"as imported, without step {missing}")
    assert run.message.endswith(f" in {table}.csv")
    assert "other model" not in run.message


def imported(store: Store, folder: Path, files: dict[str, bytes]) -> Run:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return store.run(import_file(store, [folder / name for name in files]))


def with_status(files: dict[str, bytes], status: str) -> dict[str, bytes]:
    told = json.loads(files[EXPERIMENT])
    told["environment"]["status"] = status
    return {**files, EXPERIMENT: json.dumps(told).encode()}


@pytest.mark.parametrize("status", ["stopped", "interrupted", "failed", "running"])
def test_a_run_that_was_broken_off_need_not_have_come_to_the_end(
    store: Store, tmp_path: Path, files: dict[str, bytes], status: str
) -> None:
    """One cell has not begun, another is at its first evaluation, weights are those of then."""
    files = {name: content for name, content in files.items() if not name.startswith("weights")}
    for table in ("influence", "generalisation"):
        del files[f"{table}.csv"]
    for table in ("accuracy", "training", "gradients", "diagnostics", "connectivity", "validation"):
        files = edited(files, table, without("cell == 'lstm' or step == 2"))
    run = imported(store, tmp_path, with_status(files, status))
    assert run.status == ("stopped" if status == "running" else status)
    assert (run.message, run.done_steps) == ("as imported", 1)


def test_a_gap_in_a_run_that_was_broken_off_is_said_as_well(
    store: Store, tmp_path: Path, files: dict[str, bytes]
) -> None:
    files = edited(with_status(files, "stopped"), "training", without("step == 1"))
    assert "without step 1 of rnn:gain=1.5 at length 3, seed 5, learning rate 0.01 and of 15 " in (
        imported(store, tmp_path, files).message
    )


def test_a_model_that_diverged_has_been_trained_to_its_end(
    store: Store, tmp_path: Path, files: dict[str, bytes]
) -> None:
    files = edited(files, "training", without(f"{LAST} and step == 2"))
    assert "without step 2 of lstm" in imported(store, tmp_path, files).message

    def diverged(rows: pd.DataFrame) -> pd.DataFrame:
        ended: Any = rows.eval(f"{LAST} and step == 2")
        return rows.assign(diverged=ended)

    assert imported(store, tmp_path, edited(files, "accuracy", diverged)).message == ""


def test_an_evaluation_at_which_a_run_was_stopped_before_it_went_on_is_no_contradiction(
    store: Store, tmp_path: Path, files: dict[str, bytes]
) -> None:
    told = json.loads(files[EXPERIMENT])
    told["experiment"]["evaluate_every"] = 2
    files[EXPERIMENT] = json.dumps(told).encode()
    assert imported(store, tmp_path, files).message == ""


def test_exports_of_other_experiments_are_whole(store: Store, tmp_path: Path) -> None:
    """Those in which a table is not measured, or what is clipped or right is another thing."""
    common = {"lengths": (10,), "seeds": 2, "hidden_size": 2, "batch_size": 4, "held_out": 5}
    for n, more in enumerate(
        [
            {"task": "adding:targets=every,tolerance=0.04", "cells": ("gru",), "steps": 3},
            {"task": "copy", "cells": ("rnn",), "steps": 3, "evaluate_every": 2, "clip": 0},
            {"task": "recall", "cells": ("lstm",), "steps": 2, "clip": 0.01, "clip_by": "value"},
            {"task": "temporal_order:targets=every", "cells": ("rnn:gain=3",), "steps": 0},
            {"task": "recall", "cells": ("rnn",), "steps": 3, "learning_rate": (100.0,)},
        ]
    ):
        run_id = finished(store, Experiment.from_mapping({**common, **more}))
        results = from_store(store, run_id)
        (tmp_path / str(n)).mkdir()
        run = imported(store, tmp_path / str(n), all_files(results))
        assert (run.status, run.message) == ("finished", ""), more
        found = from_store(store, run.id)
        for name, rows in results.tables.items():
            pd.testing.assert_frame_equal(
                found.tables[name].drop(columns="run"), rows.drop(columns="run"), rtol=1e-5
            )
