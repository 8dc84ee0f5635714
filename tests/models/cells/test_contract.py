"""What every registered cell owes, and the examples in the cells' files."""

from __future__ import annotations

import doctest
import inspect

import pytest
import torch
from torch import Tensor

from models.cells import CELLS, make_cell
from models.cells.cell import Cell
from models.cells.draw import Draw
from models.diagnostics.saturation import gate_means, saturation
from tests.models.diagnostics.trajectories import random

INPUTS, HIDDEN, SEQUENCES, STEPS = 3, 4, 5, 20
NORMS = [f"{name}:norm={norm}" for name in CELLS for norm in ("none", "layer", "batch")]


def state_of(cell: Cell) -> tuple[Tensor, ...]:
    draw = Draw(seed=2)
    return tuple(draw.uniform((HIDDEN, SEQUENCES), 1) for _ in cell.states)


@pytest.mark.parametrize("name", CELLS)
def test_the_example_in_its_file_runs(name: str) -> None:
    module = inspect.getmodule(CELLS[name])
    failed, attempted = doctest.testmod(module)
    assert attempted >= 5
    assert failed == 0


@pytest.mark.parametrize("name", CELLS)
def test_the_class_without_options_is_the_cell_of_the_bare_spec(name: str) -> None:
    built, named = CELLS[name](), make_cell(name)
    assert vars(built) == vars(named)
    one, other = (cell.initial_weights(Draw(1), INPUTS, HIDDEN, STEPS) for cell in (built, named))
    for key, value in one.named().items():
        assert torch.equal(value, other.named()[key])


@pytest.mark.parametrize("name", CELLS)
def test_the_last_gate_is_the_candidate(name: str) -> None:
    cell = CELLS[name]
    assert cell.gates[-1] == cell.candidate
    assert cell.sigmoid_gates() == cell.gates[:-1]
    roles = {cell.forget_gate, cell.input_gate, cell.output_gate} - {None}
    assert roles <= set(cell.sigmoid_gates())


@pytest.mark.parametrize("name", [*CELLS, "rnn:activation=sigmoid", "rnn:activation=relu"])
def test_the_candidate_alone_may_be_beyond_the_range_of_a_gate(name: str) -> None:
    trajectory = random(name, scale=3)
    cell = trajectory.cell
    for gate in cell.sigmoid_gates():
        assert 0 <= trajectory.gates[gate].min() <= trajectory.gates[gate].max() <= 1
    low, high = {"tanh": (-1, 1), "sigmoid": (0, 1), "relu": (0, torch.inf)}[cell.activation]
    candidate = trajectory.gates[cell.candidate]
    assert low <= candidate.min() <= candidate.max() <= high
    assert (candidate.min() < 0) == (cell.activation == "tanh")
    assert tuple(gate_means(trajectory)) == cell.sigmoid_gates()
    assert set(saturation(trajectory)) == {*cell.gates, "h"}


@pytest.mark.parametrize("spec", NORMS)
def test_a_step_is_its_two_halves_and_the_state_is_named(spec: str) -> None:
    cell = make_cell(spec)
    assert cell.states == cell.State._fields
    assert cell.states[0] == "h"
    w = cell.initial_weights(Draw(1), INPUTS, HIDDEN, STEPS)
    x, old = Draw(3).uniform((INPUTS, SEQUENCES), 1), cell.State(*state_of(cell))
    gates = cell.compute_gates(w, x, old)
    new = cell.next_state(w, gates, old)
    assert len(gates) == len(cell.gates)
    assert isinstance(new, cell.State)
    assert {value.shape for value in (*gates, *new)} == {(HIDDEN, SEQUENCES)}
    for value, again in zip(new, cell.step(w, x, tuple(old)), strict=True):
        assert torch.equal(value, again)


@pytest.mark.parametrize("spec", NORMS)
def test_a_cell_normalises_as_its_option_says(spec: str) -> None:
    """Scaling all products leaves a normalised step as it is, and no other."""
    cell = make_cell(spec)
    w = cell.initial_weights(Draw(1), INPUTS, HIDDEN, STEPS)
    x, state = Draw(3).uniform((INPUTS, SEQUENCES), 1), state_of(cell)
    before = cell.step(w, x, state).h
    w.W_x.mul_(1e3)
    w.W_h.mul_(1e3)
    same = torch.allclose(cell.step(w, x, state).h, before, atol=1e-3)
    assert same == (cell.norm != "none")


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_the_slope_is_the_derivative_of_the_activation(activation: str) -> None:
    cell = make_cell(f"rnn:activation={activation}")
    a = torch.linspace(-2, 2, 8, dtype=torch.float64, requires_grad=True)
    candidate = getattr(a, activation)()
    (slope,) = torch.autograd.grad(candidate.sum(), a)
    torch.testing.assert_close(cell.candidate_slope(candidate.detach()), slope)
