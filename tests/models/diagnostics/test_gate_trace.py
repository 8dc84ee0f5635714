"""Gates and states of a trained model, against torch.nn and by the cell's equations."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from torch import nn

from models.cells import CELLS
from models.diagnostics.inside.gate_trace import (
    Event,
    GateTrace,
    gate_trace,
    informative,
    mean_gate_trace,
    specialisation,
)
from models.diagnostics.inside.trained_model import TrainedModel
from models.exchange.gates_csv import gates_table
from models.experiment import ExperimentError
from models.tasks import TASKS
from tests.models.diagnostics.trained import HIDDEN, random_model

TORCH_ORDER = {"lstm": "ifgo", "gru": "rzn"}
VALUES = {"rnn": ["h"], "lstm": ["i", "f", "o", "g", "c", "h"], "gru": ["r", "z", "n", "h"]}


def torch_states(model: TrainedModel, inputs: np.ndarray) -> torch.Tensor:
    """h of torch.nn's module with the same weights, (T, H, B)."""
    task, name = model.task, model.cell.name
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[name](task.inputs, HIDDEN)
    given = model.trajectory(model.held_out(8)).weights
    order = [model.cell.gates.index(gate) for gate in TORCH_ORDER[name]]

    def rows(w: torch.Tensor) -> torch.Tensor:
        blocks = w[0].split(HIDDEN)
        return torch.cat([blocks[block] for block in order])

    second = torch.zeros(len(order) * HIDDEN)
    if given.b_hn is not None:
        second[-HIDDEN:] = given.b_hn[0].flatten()
    module.load_state_dict(
        {
            "weight_ih_l0": rows(given.W_x),
            "weight_hh_l0": rows(given.W_h),
            "bias_ih_l0": rows(given.b).flatten(),
            "bias_hh_l0": second,
        }
    )
    h, _ = module(torch.from_numpy(inputs).transpose(1, 2))
    states: torch.Tensor = h.detach().transpose(1, 2)
    return states


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_states_are_those_of_torch(name: str) -> None:
    model = random_model(name)
    batch = model.held_out(8)
    expected = torch_states(model, batch.inputs).numpy()
    for sequence in (0, 5):
        own = gate_trace(model, batch, sequence).values["h"]
        np.testing.assert_allclose(own, expected[..., sequence], rtol=0, atol=1e-6)
    mean = mean_gate_trace(model, batch).values["h"]
    np.testing.assert_allclose(mean, expected.mean(axis=-1), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", VALUES)
def test_gates_and_states_fit_the_equations(name: str) -> None:
    model = random_model(name)
    trace = gate_trace(model, model.held_out(8), 3)
    v = trace.values
    assert list(v) == VALUES[name]
    assert all(value.shape == (12, HIDDEN) for value in v.values())
    assert list(trace.t) == list(range(1, 13))
    if name == "lstm":
        old_c = np.vstack([np.zeros(HIDDEN), v["c"][:-1]])
        np.testing.assert_allclose(v["c"], v["f"] * old_c + v["i"] * v["g"], atol=1e-6)
        np.testing.assert_allclose(v["h"], v["o"] * np.tanh(v["c"]), atol=1e-6)
    if name == "gru":
        old_h = np.vstack([np.zeros(HIDDEN), v["h"][:-1]])
        np.testing.assert_allclose(v["h"], v["z"] * old_h + (1 - v["z"]) * v["n"], atol=1e-6)


def test_a_batch_normalised_cell_goes_by_its_whole_batch() -> None:
    model = random_model("lstm:norm=batch")
    batch = model.held_out(8)
    each = [gate_trace(model, batch, sequence).values["c"] for sequence in range(8)]
    mean = mean_gate_trace(model, batch).values["c"]
    np.testing.assert_allclose(np.mean(each, axis=0), mean, atol=1e-5)


@pytest.mark.parametrize("event", ["first", "last"])
def test_sequences_are_aligned_on_an_event(event: Event) -> None:
    model = random_model("gru", "adding")
    batch = model.held_out(31)
    trace = mean_gate_trace(model, batch, event)
    assert list(trace.t) == list(range(trace.t[0], trace.t[-1] + 1))
    assert 0 in trace.t
    single = [gate_trace(model, batch, one).values["z"] for one in range(31)]
    marked = [np.flatnonzero(steps) for steps in informative(model.task, batch).T]
    at = [own[0 if event == "first" else -1] for own in marked]
    for row, offset in enumerate(trace.t):
        seen = [
            own[when + offset]
            for own, when in zip(single, at, strict=True)
            if 0 <= when + offset < model.steps
        ]
        assert trace.sequences[row] == len(seen) >= 31 / 2
        np.testing.assert_allclose(trace.values["z"][row], np.mean(seen, axis=0), atol=1e-6)


def test_an_unknown_event_is_refused() -> None:
    model = random_model("rnn")
    with pytest.raises(ExperimentError, match="event is 'lunch': choose from start, first, last"):
        mean_gate_trace(model, model.held_out(8), "lunch")  # type: ignore[arg-type]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("event", get_args(Event))
def test_every_task_has_every_event(task: str, event: Event) -> None:
    model = random_model("rnn", task)
    trace = mean_gate_trace(model, model.held_out(16), event)
    assert np.isfinite(trace.values["h"]).all()


def test_the_table_holds_each_value_once() -> None:
    model = random_model("lstm")
    trace = gate_trace(model, model.held_out(8))
    table = gates_table(model.named(), trace.t, trace.values)
    identity = ["task", "cell", "length", "seed", "learning_rate"]
    assert list(table.columns) == [*identity, "t", "gate", "unit", "value"]
    assert len(table) == 6 * 12 * HIDDEN
    one = table.query("gate == 'c' and t == 7 and unit == 2")["value"]
    assert one.to_list() == [pytest.approx(trace.values["c"][6, 1])]
    assert set(table["cell"]) == {"lstm"}


def test_selectivity_and_its_effect() -> None:
    model = random_model("lstm", "recall")
    batch = model.held_out(40)
    table = specialisation(model, batch)
    assert len(table) == 4 * HIDDEN
    i = np.stack([gate_trace(model, batch, one).values["i"] for one in range(40)], axis=-1)[:, 3]
    first, later = i[0], i[1:].ravel()
    row = table.query("gate == 'i' and unit == 4").iloc[0]
    assert row["selectivity"] == pytest.approx(first.mean() - later.mean(), abs=1e-6)
    pooled = np.sqrt(
        (first.var() * first.size + later.var() * later.size) / (first.size + later.size - 2)
    )
    assert row["effect"] == pytest.approx(row["selectivity"] / pooled, rel=1e-4)
    assert row["mean"] == pytest.approx(i.mean(), abs=1e-6)
    assert row["saturated"] == pytest.approx(np.mean(np.minimum(i, 1 - i) < 0.05))
    assert np.isnan(row["time_constant"])


def test_time_constants_before_and_after() -> None:
    model = random_model("lstm:bias=chrono")
    initial = replace(model, parameters=model.at_initialisation().parameters)
    batch = model.held_out(20)
    now = specialisation(model, batch).query("gate == 'f'")
    before = specialisation(initial, batch).query("gate == 'f'")
    assert now["time_constant"].to_list() == pytest.approx((1 / (1 - now["mean"])).to_list())
    assert now["time_constant_at_initialisation"].to_list() == before["time_constant"].to_list()
    assert now["mean_at_initialisation"].to_list() == before["mean"].to_list()
    assert before["time_constant"].to_list() == before["time_constant_at_initialisation"].to_list()
    assert now["time_constant"].to_list() != before["time_constant"].to_list()


def test_where_every_step_is_informative_nothing_is_selective() -> None:
    model = random_model("gru", "digits", length=64)
    table = specialisation(model, model.held_out(8))
    assert table[["distractor", "selectivity", "effect"]].isna().all().all()
    assert table["informative"].notna().all()


@pytest.mark.parametrize("cell", ["rnn:activation=relu", "rnn:activation=sigmoid", "rnn"])
def test_saturation_of_an_rnn_goes_by_its_activation(cell: str) -> None:
    model = random_model(cell)
    table = specialisation(model, model.held_out(16))
    assert table["saturated"].isna().all() == ("relu" in cell)
    assert table["time_constant"].isna().all()


def test_a_trace_is_of_this_cell_alone() -> None:
    for name in CELLS:
        model = random_model(name)
        trace: GateTrace = gate_trace(model, model.held_out(8))
        assert set(trace.values) == {*model.cell.gates, *model.cell.states}
