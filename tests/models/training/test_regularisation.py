"""Pascanu's Ω against its formula, written out with autograd."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Cell, Weights
from models.kernels.autograd import AutogradUnrolled
from models.kernels.schedule import Schedule
from models.population.readable import _Pass
from models.training.regularisation import omega

INPUTS, HIDDEN, SEQUENCES, STEPS = 2, 4, 3, 5


def unrolled(cell: Cell) -> AutogradUnrolled:
    """A population of one."""
    return AutogradUnrolled(cell, Schedule((STEPS,)), INPUTS, HIDDEN, SEQUENCES, torch.float64)


def omega_of(recurrence: AutogradUnrolled, W_h: Tensor) -> tuple[Tensor, Tensor]:
    """Of what was last differentiated."""
    return omega(recurrence.cell, W_h, _Pass(recurrence, 0, torch.zeros(0)))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_value_and_immediate_derivative(activation: str) -> None:
    cell = make_cell(f"rnn:activation={activation},omega=2")
    generator = torch.Generator().manual_seed(0)
    shapes = cell.shapes(INPUTS, HIDDEN)
    named = {
        name: torch.randn(1, *shape, dtype=torch.float64, generator=generator).requires_grad_()
        for name, shape in shapes.items()
    }
    recurrence = unrolled(cell)
    x = torch.randn(STEPS, INPUTS, SEQUENCES, dtype=torch.float64, generator=generator)
    recurrence.set_inputs(0, x)
    loss = recurrence.hidden_states(Weights(**named), 1).square().mean()
    torch.autograd.grad(loss, list(named.values()))

    W_h = named["W_h"][0].detach().requires_grad_()
    expected = written_out(cell, W_h, recurrence.state("h", 0), recurrence.state_gradient("h", 0))
    (slope,) = torch.autograd.grad(expected, W_h)
    value, gradient = omega_of(recurrence, W_h.detach())
    torch.testing.assert_close(value, expected.detach())
    torch.testing.assert_close(gradient, slope)


def written_out(cell: Cell, W_h: Tensor, h: Tensor, dh: Tensor) -> Tensor:
    """Ω from the states and their gradients, (steps, H, B), term by term."""
    terms = []
    for t in range(1, STEPS):
        for sequence in range(SEQUENCES):
            d = dh[t, :, sequence]
            if d.norm() == 0:
                continue
            jacobian = torch.diag(cell.candidate_slope(h[t, :, sequence])) @ W_h
            terms.append(((d @ jacobian).square().sum() / d.square().sum() - 1) ** 2)
    return torch.stack(terms).mean()


def test_a_gradient_that_keeps_its_norm_costs_nothing() -> None:
    cell = make_cell("rnn:activation=relu,omega=2")
    recurrence = unrolled(cell)
    recurrence.set_inputs(0, torch.ones(STEPS, INPUTS, SEQUENCES, dtype=torch.float64))
    identity = torch.eye(HIDDEN, dtype=torch.float64)[None].requires_grad_()
    weights = Weights(
        W_x=torch.ones(1, HIDDEN, INPUTS, dtype=torch.float64),
        W_h=identity,
        b=torch.zeros(1, HIDDEN, 1, dtype=torch.float64),
    )
    torch.autograd.grad(recurrence.hidden_states(weights, 1).sum(), identity)
    value, gradient = omega_of(recurrence, identity.detach()[0])
    assert value == pytest.approx(0, abs=1e-12)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient))
