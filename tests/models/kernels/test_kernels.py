"""Compiled kernels against numerical gradients and against the reference, in float64."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from models.cells import CELLS, make_cell
from models.kernels.activations import tanh
from models.kernels.compiled import compiled
from models.population.compiled import KERNELS
from tests.models.kernels.recurrences import (
    HIDDEN,
    INPUTS,
    SEQUENCES,
    ThroughKernel,
    gradients,
    hidden_states,
    kernel,
    normal,
    random_weights,
    recurrence,
    there_and_back,
)

STEPS = 6
READ = [1, 3, 6]
"""The last output only, some, and every one."""
CELL_SPECS = [
    *("rnn", "rnn:activation=relu", "rnn:activation=sigmoid", "lstm", "gru"),
    *(f"{cell}:norm={norm}" for cell in ("rnn", "lstm", "gru") for norm in ("layer", "batch")),
    "rnn:activation=relu,norm=layer",
    "lstm:forget_gate=no",
]

assert_close = partial(torch.testing.assert_close, rtol=1e-12, atol=1e-12)


def test_every_cell_has_a_kernel() -> None:
    assert set(KERNELS) == set(CELLS)


@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", CELL_SPECS)
def test_gradcheck(name: str, last: int) -> None:
    weights = {key: w[0].detach().requires_grad_() for key, w in random_weights(name, 1).items()}
    x, made = normal(STEPS, INPUTS, SEQUENCES, seed=1), kernel(name, STEPS)

    def hidden(*values: Tensor) -> Tensor:
        h: Tensor = ThroughKernel.apply(made, x, last, list(weights), *values)
        return h

    assert torch.autograd.gradcheck(hidden, tuple(weights.values()))


@pytest.mark.parametrize("truncate", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", CELL_SPECS)
def test_a_kernel_agrees_with_the_reference(name: str, last: int, truncate: int) -> None:
    weights, slow = random_weights(name, 1), recurrence(name, (STEPS,), truncate)
    h = hidden_states(slow, weights, last)
    pull = torch.linspace(-1, 1, h.numel(), dtype=torch.float64).view_as(h)
    expected = gradients((h * pull).sum(), weights)
    fast = kernel(name, STEPS, truncate)
    own = {key: w[0] for key, w in weights.items()}
    found = there_and_back(fast, own, slow.inputs(0), pull)
    for ours, theirs in zip(found.values(), expected, strict=True):
        assert_close(ours, theirs[0])
    for state in make_cell(name).states:
        assert fast.state(state).shape == (STEPS, HIDDEN, SEQUENCES)
        assert_close(torch.from_numpy(fast.state(state)), slow.state(state, 0))
        assert_close(torch.from_numpy(fast.state_gradient(state)), slow.state_gradient(state, 0))


@pytest.mark.parametrize("name", CELL_SPECS)
def test_a_truncated_gradient_goes_so_many_steps_back_and_no_further(name: str) -> None:
    made = kernel(name, STEPS, truncate=2)
    weights = {key: w[0] for key, w in random_weights(name, 1).items()}
    x, pull = normal(STEPS, INPUTS, SEQUENCES, seed=1), normal(1, HIDDEN, SEQUENCES, seed=2)
    there_and_back(made, weights, x, pull)
    reached = abs(made.state_gradient("h")).max(axis=(1, 2)) > 0
    assert not reached[:4].any()
    assert reached[5]


@pytest.mark.parametrize("name", CELL_SPECS)
def test_a_pass_leaves_nothing_behind_for_the_next(name: str) -> None:
    """Nor does one whose numbers were not finite, or one with more steps."""
    made, x = kernel(name, STEPS), normal(STEPS, INPUTS, SEQUENCES, seed=1)
    weights = {key: w[0] for key, w in random_weights(name, 1).items()}
    short, pull = x[:3], normal(1, HIDDEN, SEQUENCES, seed=2)
    expected = there_and_back(made, weights, short, pull)
    there_and_back(made, {key: w * torch.nan for key, w in weights.items()}, x, pull)
    again = there_and_back(made, weights, short, pull)
    assert all(map(torch.equal, again.values(), expected.values()))


@pytest.mark.parametrize("name", CELL_SPECS)
def test_what_is_not_finite_is_not_hidden(name: str) -> None:
    made = kernel(name, STEPS)
    weights = {key: w[0].detach().clone() for key, w in random_weights(name, 1).items()}
    weights["W_h"][0] = torch.nan
    x, pull = normal(STEPS, INPUTS, SEQUENCES, seed=1), normal(1, HIDDEN, SEQUENCES, seed=2)
    gradient = there_and_back(made, weights, x, pull)
    assert not np.isfinite(made.state("h")[-1]).all()
    assert not gradient["W_h"].isfinite().all()


@compiled
def _tanh_of(x: np.ndarray, out: np.ndarray) -> None:
    for k in range(len(x)):
        out[k] = tanh(x[k])


def test_tanh_is_exact_to_3e_7_in_single_precision_and_to_the_end_in_double() -> None:
    x = np.concatenate([np.linspace(-12, 12, 400_001), [0, -0.0, 1e30, -1e30, np.inf, -np.inf]])
    single, double = np.empty(len(x), np.float32), np.empty(len(x))
    _tanh_of(x.astype(np.float32), single)
    _tanh_of(x, double)
    assert np.abs(single - np.tanh(x.astype(np.float32).astype(float))).max() < 3e-7
    assert np.abs(single).max() <= 1
    np.testing.assert_allclose(double, np.tanh(x), rtol=1e-14)
    nothing = np.empty(1, np.float32)
    _tanh_of(np.array([np.nan], np.float32), nothing)
    assert np.isnan(nothing).all()
