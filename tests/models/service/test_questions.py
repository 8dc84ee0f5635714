"""Quick questions: what comes out, and that it is what a run measures at step 0."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.cells import make_cell
from models.experiment import Experiment, ExperimentError
from models.service.questions import QUESTIONS, ask
from models.training.train import train

SMALL = Experiment(
    cells=("rnn", "gru:norm=batch", "lstm:bias=chrono"),  # neither by cost nor by name
    lengths=(10, 13),
    seeds=2,
    steps=0,
    hidden_size=5,
    batch_size=4,
    held_out=8,
    device="cpu",
)


def asked(name: str, experiment: Experiment = SMALL, **more: object) -> Any:
    """The answer, once through JSON as it comes to a page."""
    told = json.loads(experiment.to_json())
    return json.loads(json.dumps(ask(name, {"experiment": told, **more})))


@pytest.fixture(scope="module")
def initialisation() -> dict[str, Any]:
    answer: dict[str, Any] = asked("at_initialisation")
    return answer


def test_initialisation_has_a_profile_for_each_cell_length_and_state_of_the_first_seeds(
    initialisation: Mapping[str, Any],
) -> None:
    told = [(p["cell"], p["length"], p["seed"], p["state"]) for p in initialisation["profiles"]]
    states = {"rnn": "h", "gru:norm=batch": "h", "lstm:bias=chrono": "hc"}
    assert set(told) == {
        (cell, length, seed, state)
        for cell in SMALL.cells
        for length in SMALL.lengths
        for seed in SMALL.seed_numbers
        for state in states[cell]
    }
    assert len(told) == len(set(told))
    assert all(len(p["norms"]) == p["length"] for p in initialisation["profiles"])


def test_cells_come_in_the_order_of_the_experiment(initialisation: Mapping[str, Any]) -> None:
    assert tuple(dict.fromkeys(p["cell"] for p in initialisation["profiles"])) == SMALL.cells
    assert tuple(dict.fromkeys(initialisation["diagnostics"]["cell"])) == SMALL.cells


def test_initialisation_is_what_a_run_measures_at_step_0(initialisation: Mapping[str, Any]) -> None:
    tables = [one.tables for one in train(SMALL)]
    gradients = pd.concat([table["gradients"] for table in tables])
    keys = ["cell", "length", "seed", "state"]
    measured = {key: rows["gradient_norm"].to_list() for key, rows in gradients.groupby(keys)}
    for profile in initialisation["profiles"]:
        own = measured[tuple(profile[key] for key in keys)]
        assert profile["norms"] == pytest.approx(own, rel=1e-4)
    diagnostics = pd.concat([table["diagnostics"] for table in tables])
    keys = ["cell", "length", "seed", "diagnostic"]
    known = diagnostics.set_index(keys)["value"]
    told = pd.DataFrame(initialisation["diagnostics"]).set_index(keys)["value"]
    assert told.index.is_unique
    np.testing.assert_allclose(told, known.loc[told.index], rtol=1e-3, equal_nan=True)
    # What needs held-out answers is asked of runs alone.
    more = set(diagnostics["diagnostic"]) - set(initialisation["diagnostics"]["diagnostic"])
    assert more == {"horizon_by_behaviour", "accuracy_part_1", "accuracy_part_2"}


def test_initialisation_at_one_of_several_learning_rates_is_the_same(
    initialisation: Mapping[str, Any],
) -> None:
    several = Experiment.from_mapping({**asdict(SMALL), "learning_rate": (0.1, 0.2)})
    assert asked("at_initialisation", several)["profiles"] == initialisation["profiles"]


def test_initialisation_does_not_depend_on_the_other_cells(
    initialisation: Mapping[str, Any],
) -> None:
    alone = Experiment.from_mapping({**asdict(SMALL), "cells": ("lstm:bias=chrono",)})
    theirs = [p for p in initialisation["profiles"] if p["cell"] == "lstm:bias=chrono"]
    assert asked("at_initialisation", alone)["profiles"] == theirs


@pytest.mark.parametrize("cell", SMALL.cells)
def test_singular_values_are_as_many_as_state_has_numbers_from_the_largest_down(cell: str) -> None:
    size = SMALL.hidden_size * len(make_cell(cell).states)
    table = pd.DataFrame(asked("singular_values", cell=cell, length=13))
    lags = table.groupby("lag")
    assert list(lags.groups) == list(range(1, 13))
    for _, rows in lags:
        assert list(rows["index"]) == list(range(size))
        assert rows["log_value"].is_monotonic_decreasing
        assert not rows["log_value"].isna().any()


def test_singular_values_of_the_first_lag_are_those_of_the_weights_where_all_is_linear() -> None:
    """Orthogonal times 0.5 keeps 0.5 a step at most, and ReLU's slopes are 0 or 1."""
    experiment = Experiment.from_mapping({**asdict(SMALL), "cells": ["rnn:gain=0.5"]})
    table = pd.DataFrame(asked("singular_values", experiment, cell="rnn:gain=0.5", length=10))
    largest = table[table["index"] == 0]
    assert (largest["log_value"] <= largest["lag"] * math.log(0.5) + 1e-6).all()


def test_of_a_long_sequence_only_some_lags_are_told() -> None:
    table = pd.DataFrame(asked("singular_values", cell="rnn", length=100))
    assert table["lag"].nunique() == 24
    assert (table["lag"].min(), table["lag"].max()) == (1, 99)


def test_an_unknown_question_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="weather"):
        ask("weather", {})
    inside = {"trace", "units", "probe", "operate", "ablation"}
    assert set(QUESTIONS) == {"at_initialisation", "singular_values", "speed", *inside}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cells": ["elephant"]}, "unknown cell 'elephant'"),
        ({"lengths": [3]}, "at least 10"),
        ({"colour": "red"}, "unknown setting 'colour'"),
    ],
)
@pytest.mark.parametrize(
    ("name", "more"),
    [("at_initialisation", {}), ("singular_values", {"cell": "rnn", "length": 10})],
)
def test_a_bad_experiment_is_told_as_such(
    name: str, more: dict[str, Any], settings: dict[str, Any], message: str
) -> None:
    experiment = {**settings, **({"lengths": [3]} if "lengths" in settings else {})}
    if name == "singular_values" and "lengths" in settings:
        more = {**more, "length": 3}  # the only length that it looks at
    with pytest.raises(ExperimentError, match=message):
        ask(name, {"experiment": experiment, **more})


def test_singular_values_of_a_cell_that_the_experiment_lacks_are_refused() -> None:
    with pytest.raises(ExperimentError, match="cell is 'gru': choose from rnn, "):
        asked("singular_values", cell="gru", length=10)
