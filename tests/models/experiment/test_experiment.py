"""The experiment: valid or a clear message, and the same in every form."""

from __future__ import annotations

import json
import time
from dataclasses import FrozenInstanceError, asdict, fields
from typing import Any

import numpy as np
import pytest

from models.command_line.main import ALL_PRESETS
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import SETTINGS
from models.experiment.presets import PRESETS
from models.training.train import train

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
    training_batches=5,
    learning_rate=(0.02, 0.0035),
    optimiser="rmsprop:momentum=0.50,decay=0.85",
    schedule="cosine",
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
    assert ODD.optimiser == "rmsprop:decay=0.85,momentum=0.5"
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
        ("cells", {"rnn"}, "cells is of type set: expected a list"),
        ("cells", ([],), "cell is of type list: expected a text, such as rnn"),
        ("cells", ("rnn",) * 65, "cells has 65 values: give at most 64"),
        ("task", None, "task is None: expected a text, such as temporal_order"),
        ("cells", ("lstm", "lstm:bias=1"), "cells has lstm twice"),
        ("lengths", (3,), "lengths has 3: temporal_order needs sequences of at least 10"),
        ("lengths", (20, 20), "lengths has 20 twice"),
        ("lengths", ("20",), "lengths has '20': expected a whole number"),
        ("lengths", (10**7,), "lengths has 10000000: it must be at least 1 and at most 100000"),
        ("lengths", np.array([20]), "lengths is of type ndarray: expected a list"),
        ("test_lengths", (1,), "test_lengths has 1"),
        ("seeds", 0, "seeds is 0: it must be at least 1"),
        ("seeds", 1001, "seeds is 1001: it must be at least 1 and at most 1000"),
        pytest.param("seeds", 10**6000, "seeds is about 1e6000: it must be", id="6000 digits"),
        ("seeds", np.int64(3), "seeds is of type int64: expected a whole number"),
        pytest.param("seeds", "x" * 10**6, "seeds is 'x{60}…': expected", id="megabyte"),
        ("seeds", 1.5, "expected a whole number"),
        ("seeds", True, "expected a whole number"),
        ("first_seed", -1, "at least 0"),
        ("first_seed", 2**31, "first_seed is 2147483648: .* at most 2147482648"),
        ("steps", -1, "steps is -1: it must be at least 0"),
        ("steps", 2**31, "at most 100000000"),
        ("hidden_size", 0, "at least 1"),
        ("hidden_size", 10**9, "hidden_size is 1000000000: .* at most 4096"),
        ("batch_size", 0, "at least 1"),
        ("evaluate_every", 0, "at least 1"),
        ("held_out", 0, "at least 1"),
        ("learning_rate", (), "learning_rate is empty"),
        ("learning_rate", (0.0,), "it must be at least 1e-09 and at most 100"),
        pytest.param("learning_rate", (10**400,), "has about 1e400: it must be", id="1e400"),
        ("learning_rate", (0.01, 0.010000000001), "learning_rate has 0.01 twice"),
        ("learning_rate", (float("nan"),), "expected a finite number"),
        ("learning_rate", ("fast",), "expected a number"),
        ("clip", -1.0, "clip is -1.0: it must be at least 0"),
        ("clip", float("inf"), "expected a finite number"),
        ("match", "luck", "choose from hidden_size, parameters"),
        ("device", "tpu", "choose from auto, cpu, cuda"),
        ("device", np.array(["cpu", "cuda"]), "device is of type ndarray: choose from"),
        ("device", "\x00\n\ud800", r"device is '.x00.n.ud800'"),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_message(
    setting: str, value: Any, message: str
) -> None:
    with pytest.raises(ExperimentError, match=message.replace("'", ".")):
        Experiment.from_mapping({**asdict(Experiment()), setting: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"seeds": 1000, "lengths": list(range(20, 50))},
            "cells × lengths × seeds × learning rates make 150,000 models: at most 20,000",
        ),
        (
            {"hidden_size": 4096, "match": "parameters"},
            "hidden_size is 4096: with match=parameters, RNN would get more than 4,096",
        ),
    ],
)
def test_settings_that_are_too_much_together_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ExperimentError, match=message):
        Experiment.from_mapping(settings)


def test_the_bounds_themselves_are_fine() -> None:
    largest: dict[str, Any] = {}
    for one in SETTINGS.values():
        for bound in one.bounds or ():
            at = max(bound, 10) if "lengths" in one.name else bound
            experiment = Experiment.from_mapping({one.name: [at] if one.several else at})
            assert Experiment.from_json(experiment.to_json()) == experiment
            largest[one.name] = at
    last = Experiment(first_seed=largest["first_seed"], seeds=largest["seeds"])
    assert last.seed_numbers[-1] == 2**31 - 1


def test_minus_zero_is_zero() -> None:
    assert str(Experiment(clip=-0.0).clip) == "0.0"
    assert type(Experiment(clip=1).clip) is float


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "experiment is of type list: expected settings by name"),
        ('{"clip": NaN}', "NaN is no number in JSON"),
        ('{"clip": 1, "clip": 2}', "'clip' is given twice"),
        pytest.param("[" * 100_000, "nested too deeply", id="nested"),
        pytest.param('{"seeds": ' + "1" * 5000 + "}", "a number has 5000 digits", id="digits"),
        ("", "not JSON"),
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


def test_equal_parameters_are_found_fast_for_the_largest_sizes() -> None:
    cells = ["lstm", *(f"gru:gain={gain / 100}" for gain in range(10, 73))]
    start = time.process_time()
    experiment = Experiment.from_mapping(
        {"cells": cells, "hidden_size": 3500, "match": "parameters", "lengths": [20]}
    )
    sizes = experiment.hidden_sizes()
    assert time.process_time() - start < 1
    assert sizes["lstm"] == 3500
    assert all(3500 < size <= 4096 for cell, size in sizes.items() if cell != "lstm")


def test_parameter_counts_by_hand() -> None:
    # Temporal order has 6 inputs and 4 classes; H = 2.
    experiment = Experiment()
    assert experiment.parameter_count("rnn", 2) == 2 * 6 + 2 * 2 + 2 + 4 * 3
    assert experiment.parameter_count("lstm", 2) == 4 * (2 * 6 + 2 * 2 + 2) + 4 * 3
    assert experiment.parameter_count("gru", 2) == 3 * (2 * 6 + 2 * 2 + 2) + 2 + 4 * 3


HINDERED = [
    (
        {"cells": ["rnn:norm=batch"], "batch_size": 1},
        "RNN, batch norm: .*batch size of 1 leaves no",
    ),
    ({"cells": ["rnn", "lstm:norm=batch"], "batch_size": 2}, "batch size of at least 3"),
    ({"cells": ["gru:norm=layer"], "hidden_size": 1}, "GRU, layer norm: .*hidden size of 1 leaves"),
    ({"cells": ["lstm:norm=layer"], "hidden_size": 2}, "any two numbers into 1 and -1"),
    (
        {"cells": ["lstm:norm=layer", "rnn:norm=layer"], "hidden_size": 2, "match": "parameters"},
        "LSTM, layer norm: layer .*hidden size of 2",
    ),
    ({"clip": 1e-9}, "clip is 1e-09: .*ε of 1e-08, raise clip, or give 0"),
    ({"clip": 1e-12, "clip_by": "value"}, "clip is 1e-12"),
]
"""Settings with which nothing can be learnt, and what is said of them."""


@pytest.mark.parametrize(("settings", "message"), HINDERED)
def test_what_cannot_learn_is_not_trained(settings: dict[str, Any], message: str) -> None:
    # It can be written and read all the same: earlier releases have trained it.
    experiment = Experiment.from_json(Experiment.from_mapping(settings).to_json())
    with pytest.raises(ExperimentError, match=message):
        experiment.check_trainable()
    with pytest.raises(ExperimentError, match=message):
        next(train(experiment))
    assert "\n" not in experiment.hindrance()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cells": ["rnn:norm=batch", "lstm:norm=layer"], "batch_size": 3, "hidden_size": 3},
        {"cells": ["rnn:norm=batch"], "hidden_size": 1},
        {"cells": ["rnn:norm=layer", "gru"], "batch_size": 1},
        {"clip": 0},
        {"clip": 1e-8},
        {"clip": 1e-12, "optimiser": "sgd"},
        {"clip": 1e-5, "optimiser": "rmsprop:epsilon=1e-05"},
        {"truncate": 1},
    ],
)
def test_what_may_learn_is_trained(settings: dict[str, Any]) -> None:
    assert Experiment.from_mapping(settings).hindrance() == ""


@pytest.mark.parametrize("preset", ALL_PRESETS)
def test_every_preset_may_learn(preset: str) -> None:
    assert ALL_PRESETS[preset].experiment.hindrance() == ""
