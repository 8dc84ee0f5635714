"""Hand-written back-propagation through time against autograd, in float64, ragged lengths."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.kernels import KERNELS, unroll
from models.kernels.autograd import AutogradUnrolled
from models.kernels.kernel import Unrolled
from models.kernels.schedule import Schedule

LENGTHS = (6, 6, 4, 1)
INPUTS, HIDDEN, SEQUENCES = 2, 3, 2
READ = [1, 3, 6]
"""The last output only, some, and every one."""


def make(name: str, kind: str) -> Unrolled:
    """The same random sequences for every kind."""
    cell, schedule = make_cell(name), Schedule(LENGTHS)
    if kind == "kernel":
        unrolled = unroll(cell, schedule, INPUTS, HIDDEN, SEQUENCES, torch.float64)
    else:
        cpu = torch.device("cpu")
        unrolled = AutogradUnrolled(cell, schedule, INPUTS, HIDDEN, SEQUENCES, torch.float64, cpu)
    generator = torch.Generator().manual_seed(2)
    for model, length in enumerate(LENGTHS):
        x = torch.randn(length, INPUTS, SEQUENCES, dtype=torch.float64, generator=generator)
        unrolled.set_inputs(model, x)
    return unrolled


def random_weights(name: str) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    shapes = make_cell(name).shapes(INPUTS, HIDDEN)
    return {
        key: torch.randn(
            len(LENGTHS), *shape, dtype=torch.float64, generator=generator
        ).requires_grad_()
        for key, shape in shapes.items()
    }


def function_of_weights(
    unrolled: Unrolled, weights: dict[str, Tensor], last: int
) -> Callable[..., Tensor]:
    def hidden(*values: Tensor) -> Tensor:
        named = dict(zip(weights, values, strict=True))
        return unrolled.hidden_states(Weights(**named), last)

    return hidden


@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", KERNELS)
def test_gradcheck(name: str, last: int) -> None:
    weights = random_weights(name)
    hidden = function_of_weights(make(name, "kernel"), weights, last)
    assert torch.autograd.gradcheck(hidden, tuple(weights.values()))


@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", KERNELS)
def test_same_as_autograd_through_the_readable_step(name: str, last: int) -> None:
    weights = random_weights(name)
    fast, slow = make(name, "kernel"), make(name, "autograd")
    results = []
    for unrolled in (fast, slow):
        h = function_of_weights(unrolled, weights, last)(*weights.values())
        pull = torch.linspace(-1, 1, h.numel(), dtype=torch.float64).view_as(h)
        gradients = torch.autograd.grad((h * pull).sum(), list(weights.values()))
        results.append((h, *gradients))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    for state in make_cell(name).states:
        for model, length in enumerate(LENGTHS):
            profile = fast.state_gradient(state, model)
            assert profile.shape == (length, HIDDEN, SEQUENCES)
            torch.testing.assert_close(
                profile, slow.state_gradient(state, model), rtol=1e-12, atol=1e-12
            )


@pytest.mark.parametrize("name", KERNELS)
def test_one_model_overflowing_leaves_the_others_alone(name: str) -> None:
    weights = random_weights(name)
    unrolled = make(name, "kernel")
    hidden = function_of_weights(unrolled, weights, 1)
    healthy = torch.autograd.grad(hidden(*weights.values()).sum(), list(weights.values()))
    with torch.no_grad():
        for w in weights.values():
            w[1] = torch.nan
    h = hidden(*weights.values())
    sick = torch.autograd.grad(h.sum(), list(weights.values()))
    others = [0, 2, 3]
    assert not h[1].isfinite().any()
    for before, after in zip(healthy, sick, strict=True):
        assert torch.equal(before[others], after[others])
