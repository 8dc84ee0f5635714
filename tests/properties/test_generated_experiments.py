"""Whatever the settings are: an experiment that survives every form, or one clear line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import MAX_HIDDEN_SIZE
from tests.properties.generated import EXAMPLES, assert_clear, on, same
from tests.properties.strategies import junk, mutated, noise, valid


def assert_round_trips(experiment: Experiment) -> None:
    forms = [
        Experiment.from_json(experiment.to_json()),
        Experiment.from_mapping(asdict(experiment)),
        Experiment.from_mapping(json.loads(json.dumps(vars(experiment)))),
    ]
    for form in forms:
        assert form == experiment
        assert all(same(vars(form)[name], value) for name, value in vars(experiment).items())


def tried(values: Any) -> Experiment | None:
    try:
        experiment = Experiment.from_mapping(values)
    except ExperimentError as error:
        assert_clear(error)
        return None
    assert_round_trips(experiment)
    return experiment


def test_there_are_at_least_ten_thousand_inputs() -> None:
    assert sum(EXAMPLES.values()) >= 10_000


@on("valid experiments")
@given(valid)
def test_what_is_within_bounds_is_accepted(values: dict[str, Any]) -> None:
    try:
        experiment = Experiment.from_mapping(values)
    except ExperimentError as error:
        # Bounds of several settings together.
        assert_clear(error, of="models: at most|match=parameters")
        return
    assert_round_trips(experiment)
    assert experiment.hindrance().isprintable()
    sizes = experiment.hidden_sizes()
    assert set(sizes) == set(experiment.cells)
    assert all(experiment.hidden_size <= size <= MAX_HIDDEN_SIZE for size in sizes.values())
    assert experiment.seed_numbers[-1] < 2**31


@on("mutated experiments")
@given(st.one_of(mutated, mutated, mutated, junk))
@example({"task": {}, "cells": [{}]})
@example({"cells": [["rnn"]]})
@example({"learning_rate": [10**400]})
def test_anything_else_is_one_clear_line(values: Any) -> None:
    tried(values)


def _as_text(values: dict[str, Any]) -> str:
    return Experiment.from_mapping({"task": "adding", "cells": ["rnn"], **values}).to_json()


small = st.sampled_from([{}, {"seeds": 1, "clip": 0.0}, {"test_lengths": [5]}])
pieces = st.one_of(
    noise, st.sampled_from(["NaN", "Infinity", "[" * 5000, '{"seeds": 1,', "}", ","])
)


@on("experiments as text")
@given(small, pieces, st.integers(0, 600), st.integers(0, 5))
@example({}, "[" * 100_000, 0, 0)
@example({}, '{"a":' * 100_000, 0, 0)
@example({}, "1" * 10_000, 0, 600)
def test_damaged_json_is_one_clear_line(
    values: dict[str, Any], piece: str, place: int, lost: int
) -> None:
    text = _as_text(values)
    damaged = text[:place] + piece + text[place + lost :]
    try:
        experiment = Experiment.from_json(damaged)
    except ExperimentError as error:
        assert_clear(error)
    else:
        assert_round_trips(experiment)
