"""The experiment: valid or a clear message, and the same in every form."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, fields
from typing import Any

import pytest

from models.experiment import Experiment, ExperimentError
from models.presets import PRESETS

ODD = Experiment(
    task="recall:distractors=same,classes=8",
    cells=("gru:init=pytorch,bias=chrono", "rnn:init=identity"),
    lengths=(90, 7),
    seeds=2,
    first_seed=11,
    steps=60,
    hidden_size=9,
    match="parameters",
    batch_size=12,
    learning_rate=(0.02, 0.0035),
    clip=0,
    clip_by="value",
    truncate=40,
    evaluate_every=7,
    held_out=99,
    test_lengths=(44, 12),
    keep_weights="all",
    device="cpu",
)


def test_specs_are_canonical_and_numbers_sorted() -> None:
    assert ODD.task == "recall:classes=8,distractors=same"
    assert ODD.cells == ("gru:bias=chrono,init=pytorch", "rnn:init=identity")
    assert ODD.lengths == (7, 90)
    assert ODD.test_lengths == (12, 44)
    assert ODD.learning_rate == (0.0035, 0.02)
    assert ODD.seed_numbers == (11, 12)


def test_it_cannot_be_changed() -> None:
    frozen: Any = ODD
    with pytest.raises(FrozenInstanceError):
        frozen.seeds = 3


@pytest.mark.parametrize("experiment", [ODD, *(one.experiment for one in PRESETS.values())])
def test_json_and_back(experiment: Experiment) -> None:
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert set(json.loads(experiment.to_json())) == {field.name for field in fields(Experiment)}


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("task", "chess", "unknown task 'chess': choose from temporal_order, adding"),
        ("cells", ("lstm:bias=9",), "bias=9 is not offered"),
        ("cells", (), "cells is empty: give at least one"),
        ("cells", "rnn", "cells is 'rnn': expected a list"),
        ("cells", ("lstm", "lstm:bias=1"), "cells has lstm twice"),
        ("lengths", (3,), "lengths has 3: temporal_order needs sequences of at least 10"),
        ("lengths", (20, 20), "lengths has 20 twice"),
        ("lengths", ("20",), "expected a whole number"),
        ("test_lengths", (1,), "test_lengths has 1"),
        ("seeds", 0, "seeds is 0: it must be at least 1"),
        ("seeds", 1.5, "expected a whole number"),
        ("seeds", True, "expected a whole number"),
        ("first_seed", -1, "at least 0"),
        ("steps", -1, "steps is -1: it must be at least 0"),
        ("hidden_size", 0, "at least 1"),
        ("batch_size", 0, "at least 1"),
        ("evaluate_every", 0, "at least 1"),
        ("held_out", 0, "at least 1"),
        ("learning_rate", (), "learning_rate is empty"),
        ("learning_rate", (0.0,), "it must be above 0"),
        ("learning_rate", (float("nan"),), "expected a finite number"),
        ("learning_rate", ("fast",), "expected a number"),
        ("clip", -1.0, "give a threshold above 0, or 0 for none"),
        ("clip", float("inf"), "expected a finite number"),
        ("match", "luck", "choose from hidden_size, parameters"),
        ("device", "tpu", "choose from auto, cpu, cuda"),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_message(
    setting: str, value: Any, message: str
) -> None:
    with pytest.raises(ExperimentError, match=message.replace("'", ".")):
        Experiment.from_mapping({**asdict(Experiment()), setting: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "expected a JSON object"),
        ('{"speed": 3}', "unknown setting .speed.: the settings are batch_size"),
    ],
)
def test_other_json_is_refused_with_a_message(text: str, message: str) -> None:
    with pytest.raises(ExperimentError, match=message):
        Experiment.from_json(text)


def test_equal_hidden_size_is_the_same_for_all() -> None:
    assert set(Experiment(hidden_size=17).hidden_sizes().values()) == {17}


def test_equal_parameters_come_as_close_as_a_unit_allows_and_never_above() -> None:
    experiment = Experiment(match="parameters")
    sizes = experiment.hidden_sizes()
    budget = experiment.parameter_count("lstm", experiment.hidden_size)
    assert sizes["lstm"] == experiment.hidden_size
    for cell, size in sizes.items():
        assert experiment.parameter_count(cell, size) <= budget
        assert experiment.parameter_count(cell, size + 1) > budget


def test_parameter_counts_by_hand() -> None:
    # Temporal order has 6 inputs and 4 classes; H = 2.
    experiment = Experiment()
    assert experiment.parameter_count("rnn", 2) == 2 * 6 + 2 * 2 + 2 + 4 * 3
    assert experiment.parameter_count("lstm", 2) == 4 * (2 * 6 + 2 * 2 + 2) + 4 * 3
    assert experiment.parameter_count("gru", 2) == 3 * (2 * 6 + 2 * 2 + 2) + 2 + 4 * 3
