"""The questions of the page "Inside the cell", once through JSON as they come to it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.diagnostics.inside.gate_trace import gate_trace
from models.diagnostics.inside.surgery import ablation_table
from models.diagnostics.inside.trained_model import TrainedModel
from models.exchange.gates_csv import gates_table
from models.experiment import ExperimentError
from models.service.questions import ask
from models.tasks import TASKS
from models.training.weights import to_base64
from tests.models.diagnostics.test_gate_trace import torch_states
from tests.models.diagnostics.trained import random_model

FEW = 32


def arguments(model: TrainedModel) -> dict[str, Any]:
    return {
        "experiment": asdict(model.experiment),
        "cell": model.name,
        **vars(model.identity),
        "parameters": to_base64(model.parameters),
    }


def asked(name: str, model: TrainedModel, **more: object) -> Any:
    told = json.loads(json.dumps({**arguments(model), "sequences": FEW, **more}))
    return json.loads(json.dumps(ask(name, told)))


@pytest.mark.parametrize("task", TASKS)
def test_trace_of_one_sequence(task: str) -> None:
    model = random_model("lstm", task)
    answer = asked("trace", model, sequence=3)
    batch = model.held_out(FEW)
    expected = gate_trace(model, batch, 3)
    assert answer["t"] == expected.t.tolist()
    assert list(answer["values"]) == ["i", "f", "o", "g", "c", "h"]
    for name, values in answer["values"].items():
        np.testing.assert_allclose(values, expected.values[name], rtol=6e-4)
    table = gates_table(answer["model"], answer["t"], answer["values"])
    assert len(table) == 6 * model.steps * model.hidden
    assert set(table["cell"]) == {"lstm"}
    example = model.task.describe(batch, 3)
    assert answer["example"]["symbols"] == list(example.symbols)
    assert answer["example"]["informative"] == list(example.informative)
    assert answer["example"]["answer"] == example.answer
    assert answer["right"] == (answer["predicted"] == example.answer.split(" = ")[-1]) or (
        task == "adding"
    )
    measured = asked("units", model)
    assert measured["accuracy"]["sequences"] == FEW
    assert len(measured["words"]) == model.hidden
    units = pd.DataFrame(measured["units"])
    assert len(units) == 4 * model.hidden
    assert {"gate", "unit", "selectivity", "effect", "time_constant", "saturated"} <= set(units)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gates_and_the_answer_of_a_typed_sequence_are_those_of_torch(cell: str) -> None:
    model = random_model(cell)
    typed = model.task.typed("cAdefBcdefcd", 12)
    answer = asked("trace", model, typed="cAdefBcdefcd")
    h = torch_states(model, typed.inputs)
    np.testing.assert_allclose(answer["values"]["h"], h[..., 0], rtol=6e-4, atol=1e-6)
    V, b = (one[0] for one in model._population.weights()[1])
    predicted = int((V @ h[-1] + b).argmax())
    assert answer["predicted"].endswith(f"(class {predicted})")
    assert answer["right"] == (predicted == 2)
    assert answer["example"]["answer"] == "A, then B (class 2)"
    assert answer["text"] == "cAdefBcdefcd"


def test_typing_a_held_out_sequence_changes_nothing() -> None:
    for cell in ("lstm", "rnn:norm=batch"):
        drawn = asked("trace", random_model(cell))
        assert asked("trace", random_model(cell), typed=drawn["text"]) == drawn


def test_values_have_four_digits() -> None:
    answer = asked("trace", random_model("gru"))
    values = np.array(answer["values"]["h"]).ravel()
    assert all(value == float(f"{value:.4g}") for value in values)


@pytest.mark.parametrize("event", ["start", "first", "last"])
def test_trace_around_an_event(event: str) -> None:
    answer = asked("trace", random_model("gru"), event=event)
    assert len(answer["t"]) == len(answer["sequences"]) == len(answer["values"]["z"])
    assert max(answer["sequences"]) == FEW
    assert "example" not in answer


def test_probe() -> None:
    table = asked("probe", random_model("lstm"))
    assert table.pop("chance") == 0.25
    frame = pd.DataFrame(table)
    assert set(frame["state"]) == {"h", "c"}
    assert set(frame["sequences"]) == {FEW}
    assert math.isnan(frame["r2"].iloc[0])


def test_every_operation_that_is_told_can_be_asked_for_by_name_or_step_by_step() -> None:
    model = random_model("lstm")
    for one in asked("units", model)["operations"]:
        by_name = asked("operate", model, operation=one["name"])
        assert by_name["title"] == one["title"]
        by_hand = asked("operate", model, interventions=one["interventions"])
        assert json.dumps({**by_hand, "title": one["title"]}) == json.dumps(by_name)
        assert set(by_name["before"]) == {"share", "low", "high", "sequences"}
        assert len(pd.DataFrame(by_name["probe"])) == 2 * 2 * 3 * 12
        assert (by_name["swapped"] is None) == (one["name"] != "swap")


def test_ablation() -> None:
    model = random_model("gru")
    table = pd.DataFrame(asked("ablation", model))
    expected = ablation_table(model, FEW)
    assert list(table.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-3, check_dtype=False)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"parameters": "%"}, "parameters: not base64"),
        ({"parameters": "AAAA"}, "parameters: buffer size"),
        ({"parameters": "AAAAAA=="}, "there are 1 parameters, but lstm"),
        ({"cell": "gru"}, "cell is 'gru': choose from lstm"),
        ({"colour": "red"}, "'colour' is missing or unknown"),
        ({"operation": "hug"}, "operation is 'hug': lstm has keep_all, "),
        ({"sequences": 2}, "sequences is 2: give a number from 8 to 4096"),
    ],
)
def test_bad_input_is_told_as_such(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ExperimentError, match=message):
        asked("operate", random_model("lstm"), **more)


def test_a_typed_text_that_is_no_sequence_is_refused() -> None:
    with pytest.raises(ExperimentError, match="typed: The model reads 12 steps, and here are 2"):
        asked("trace", random_model("lstm"), typed="AB")


def test_a_sequence_beyond_the_last_is_refused() -> None:
    with pytest.raises(ExperimentError, match="sequence is 32: give a number from 0 to 31"):
        asked("trace", random_model("lstm"), sequence=FEW)
