"""The readable cells against torch.nn with the same weights, in float64."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.cells import CELLS, make_cell
from models.cells.cell import Cell, Weights
from models.cells.draw import Draw
from models.kernels.autograd import AutogradUnrolled
from models.kernels.kernel import Sizes
from models.kernels.schedule import Schedule
from models.population.compiled import KERNELS
from models.settings.spec import SpecError
from tests.models.kernels.recurrences import ThroughKernel

INPUTS, HIDDEN, SEQUENCES, STEPS = 3, 5, 4, 7
MODULES: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
TORCH_ORDER = {"rnn": "h", "lstm": "ifgo", "gru": "rzn"}


def as_module(cell: str, weights: Weights) -> nn.RNNBase:
    """torch.nn's module with these weights (of a population of one)."""
    module = MODULES[cell](INPUTS, HIDDEN, dtype=torch.float64)
    order = [CELLS[cell].gates.index(gate) for gate in TORCH_ORDER[cell]]

    def rows(w: Tensor) -> Tensor:
        return torch.cat([w[0].split(HIDDEN)[block] for block in order])

    second_bias = torch.zeros(len(order) * HIDDEN, dtype=torch.float64)
    if weights.b_hn is not None:
        second_bias[-HIDDEN:] = weights.b_hn[0].detach().flatten()
    module.load_state_dict(
        {
            "weight_ih_l0": rows(weights.W_x.detach()),
            "weight_hh_l0": rows(weights.W_h.detach()),
            "bias_ih_l0": rows(weights.b.detach()).flatten(),
            "bias_hh_l0": second_bias,
        }
    )
    return module


def gradients_as_ours(cell: str, module: nn.RNNBase) -> dict[str, Tensor]:
    """The module's gradients under our names and in our order of gates."""
    order = [TORCH_ORDER[cell].index(gate) for gate in CELLS[cell].gates]

    def rows(gradient: Tensor) -> Tensor:
        return torch.cat([gradient.split(HIDDEN)[block] for block in order])

    gradient: dict[str, Any] = {name: value.grad for name, value in module.named_parameters()}
    ours = {
        "W_x": rows(gradient["weight_ih_l0"]),
        "W_h": rows(gradient["weight_hh_l0"]),
        "b": rows(gradient["bias_ih_l0"])[:, None],
    }
    if cell == "gru":
        ours["b_hn"] = gradient["bias_hh_l0"][-HIDDEN:, None]
    return ours


def through_kernel(cell: Cell, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    kernel = KERNELS[cell.name](cell, Sizes(STEPS, INPUTS, HIDDEN, SEQUENCES, np.float64))
    own = [w[0] for w in weights.values()]
    h: Tensor = ThroughKernel.apply(kernel, x, STEPS, list(weights), *own)
    return h


def through_steps(cell: Cell, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    schedule = Schedule((STEPS,))
    unrolled = AutogradUnrolled(cell, schedule, INPUTS, HIDDEN, SEQUENCES, torch.float64)
    unrolled.set_inputs(0, x)
    return unrolled.hidden_states(Weights(**weights), STEPS)


HIDDEN_STATES = {"kernel": through_kernel, "autograd": through_steps}
"""All hidden states, (steps, H, B), of a population of one with these weights."""


@pytest.mark.parametrize("path", HIDDEN_STATES)
@pytest.mark.parametrize("name", MODULES)
def test_agrees_with_torch(name: str, path: str) -> None:
    cell = make_cell(f"{name}:init=pytorch")
    draw = Draw(seed=1)
    initial, generator = cell.initial_weights(draw, INPUTS, HIDDEN, STEPS), draw.generator
    weights = {key: w[None].requires_grad_() for key, w in initial.named().items()}
    module = as_module(name, Weights(**weights))
    x = torch.randn(STEPS, INPUTS, SEQUENCES, dtype=torch.float64, generator=generator)
    pull = torch.randn(STEPS, HIDDEN, SEQUENCES, dtype=torch.float64, generator=generator)

    h = HIDDEN_STATES[path](cell, weights, x)
    gradients = torch.autograd.grad((h * pull).sum(), list(weights.values()))

    expected, _ = module(x.transpose(1, 2))
    (expected.transpose(1, 2) * pull).sum().backward()
    torch.testing.assert_close(h, expected.transpose(1, 2), rtol=0, atol=1e-10)
    wanted = gradients_as_ours(name, module)
    for key, gradient in zip(weights, gradients, strict=True):
        torch.testing.assert_close(gradient[0], wanted[key], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", CELLS)
def test_parameter_count_is_what_the_shapes_hold(name: str) -> None:
    cell = make_cell(name)
    weights = cell.initial_weights(Draw(seed=0), INPUTS, HIDDEN, STEPS)
    held = sum(w.numel() for w in weights.named().values())
    assert cell.parameter_count(INPUTS, HIDDEN, 2) == held + 2 * (HIDDEN + 1)


@pytest.mark.parametrize("path", HIDDEN_STATES)
def test_without_a_forget_gate_c_is_the_sum_of_all_that_was_written(path: str) -> None:
    cell = make_cell("lstm:forget_gate=no")
    initial = cell.initial_weights(Draw(seed=1), INPUTS, HIDDEN, STEPS)
    weights = {key: w[None].requires_grad_() for key, w in initial.named().items()}
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(STEPS, INPUTS, SEQUENCES)))
    h, written = torch.zeros(HIDDEN, SEQUENCES, dtype=torch.float64), []
    for x_t in x:
        a = initial.W_x @ x_t + initial.W_h @ h + initial.b
        i, _, o, g = a.split(HIDDEN)
        written.append(i.sigmoid() * g.tanh())
        h = o.sigmoid() * sum(written[1:], written[0]).tanh()
    found = HIDDEN_STATES[path](cell, weights, x)
    torch.testing.assert_close(found.reshape(STEPS, HIDDEN, SEQUENCES)[-1], h, rtol=0, atol=1e-10)
    gradient = torch.autograd.grad(found.sum(), weights["W_h"])[0].reshape(4, HIDDEN, HIDDEN)
    assert (gradient[1] == 0).all()
    assert all((gradient[gate] != 0).any() for gate in (0, 2, 3))


def test_a_bias_of_a_forget_gate_that_is_not_there_is_refused() -> None:
    with pytest.raises(SpecError, match="leave it out with forget_gate=no"):
        make_cell("lstm:forget_gate=no,bias=0")
    closed = make_cell("lstm:forget_gate=no,bias=chrono")
    assert (closed.initial_weights(Draw(seed=1), INPUTS, 8, 99).b[:8] < 0).all(), "input gates"


def test_importing_the_cells_does_not_import_torch() -> None:
    code = "import sys, models.cells; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
