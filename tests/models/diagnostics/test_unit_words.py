"""What is said of units, from what was measured of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from models.cells import make_cell
from models.diagnostics.inside.gate_trace import gate_trace
from models.diagnostics.inside.unit_words import unit_words
from models.tasks import TASKS, make_task
from tests.models.diagnostics.trained import HIDDEN, random_model

STEPS, B = 20, 40


def words_of(cell: str, task: str = "temporal_order", **gates: Any) -> str:
    """The sentence about a cell of one unit, each of whose gates is (T, B)."""
    made = make_task(task)
    batch = made.sample(np.random.default_rng(0), B, STEPS)
    symbols = batch.inputs.argmax(axis=1)
    values = {
        name: torch.as_tensor(value(symbols) if callable(value) else np.full((STEPS, B), value))
        for name, value in gates.items()
    }
    trajectory = SimpleNamespace(gates={name: own[:, None, None] for name, own in values.items()})
    model: Any = SimpleNamespace(cell=make_cell(cell), task=made, trajectory=lambda _: trajectory)
    (sentence,) = unit_words(model, batch)
    return sentence


def test_what_an_lstm_keeps_and_when_it_opens() -> None:
    def at_a_and_b(symbols: np.ndarray) -> np.ndarray:
        return np.where(symbols < 2, 0.8, 0.05)

    assert words_of("lstm", f=0.97, i=at_a_and_b) == (
        "Over all held-out sequences unit 1 keeps: forget gate 0.97 on average, input gate opens "
        "at A and B."
    )
    assert words_of("lstm", f=0.7, i=0.42) == (
        "Over all held-out sequences unit 1 fades: forget gate 0.7 on average, input gate 0.42, "
        "much the same at every input."
    )
    assert "unit 1 forgets: forget gate 0.2 on average" in words_of("lstm", f=0.2, i=0.0)


def test_what_a_gru_does_not_keep_it_writes() -> None:
    def falls_at_b(symbols: np.ndarray) -> np.ndarray:
        return np.where(symbols == 1, 0.1, 0.95)

    assert words_of("gru", z=0.95) == (
        "Over all held-out sequences unit 1 keeps: update gate 0.95 on average, much the same at "
        "every input."
    )
    assert words_of("gru", z=falls_at_b).endswith("on average, and falls at B.")


def test_a_cell_without_gates_is_told_by_its_state() -> None:
    def by_symbol(symbols: np.ndarray) -> np.ndarray:
        return np.choose(symbols, [0.9, -0.9, 0.0, 0.0, 0.0, 0.0])

    sentence = words_of("rnn", h=by_symbol)
    assert "unit 1, which has no gate, has a hidden state of " in sentence
    assert sentence.endswith("on average, 0.9 at A and −0.9 at B.")


def test_a_unit_that_has_diverged_is_told_as_such() -> None:
    assert words_of("lstm", f=np.nan, i=0.1) == "Unit 1: its gates are no finite numbers."
    assert words_of("rnn", h=np.inf) == "Unit 1: its state is no finite number."


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_means_are_those_of_the_trace(cell: str, task: str) -> None:
    model = random_model(cell, task)
    batch = model.held_out(16)
    told = unit_words(model, batch)
    assert len(told) == HIDDEN
    if model.cell.forget_gate:
        traces = [gate_trace(model, batch, one).values for one in range(16)]
        means = np.mean([own[model.cell.forget_gate] for own in traces], axis=(0, 1))
        for sentence, mean in zip(told, means, strict=True):
            assert float(sentence.split("gate ")[1].split()[0]) == pytest.approx(mean, rel=6e-3)
    for name in ("A", "B", "marked numbers", "the first step"):
        assert all(name not in one for one in told) or task in (
            "temporal_order",
            "adding",
            "recall",
        )
