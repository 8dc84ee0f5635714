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
from models.kernels.kernel import Kernel, Unrolled
from models.kernels.schedule import Schedule

LENGTHS = (6, 6, 4, 1)
INPUTS, HIDDEN, SEQUENCES = 2, 3, 2
READ = [1, 3, 6]
"""The last output only, some, and every one."""
COVERED = ["rnn", "rnn:activation=relu", "rnn:activation=sigmoid", "lstm", "gru"]
"""Cells that run through a kernel."""


def make(name: str, kind: str, truncate: int = 0) -> Unrolled:
    """The same random sequences for every kind."""
    cell, schedule = make_cell(name), Schedule(LENGTHS, truncate)
    if kind == "kernel":
        unrolled = unroll(cell, schedule, INPUTS, HIDDEN, SEQUENCES, torch.float64)
        assert isinstance(unrolled, Kernel)
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


def test_every_kernel_is_tested() -> None:
    assert {name.split(":")[0] for name in COVERED} == set(KERNELS)


@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", COVERED)
def test_gradcheck(name: str, last: int) -> None:
    weights = random_weights(name)

    def hidden(*values: Tensor) -> Tensor:
        # Made anew: gradcheck goes forward again and again before it goes back.
        return function_of_weights(make(name, "kernel"), weights, last)(*values)

    assert torch.autograd.gradcheck(hidden, tuple(weights.values()))


@pytest.mark.parametrize("truncate", [0, 1, 2, 4])
@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", COVERED)
def test_same_as_autograd_through_the_readable_step(name: str, last: int, truncate: int) -> None:
    weights = random_weights(name)
    fast, slow = make(name, "kernel", truncate), make(name, "autograd", truncate)
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
            torch.testing.assert_close(
                fast.state(state, model), slow.state(state, model), rtol=1e-12, atol=1e-12
            )
            assert torch.equal(fast.inputs(model), slow.inputs(model))


@pytest.mark.parametrize("name", COVERED)
@pytest.mark.parametrize("kind", ["kernel", "autograd"])
def test_a_truncated_gradient_goes_so_many_steps_back_and_no_further(name: str, kind: str) -> None:
    weights = random_weights(name)
    unrolled = make(name, kind, truncate=2)
    h = function_of_weights(unrolled, weights, 1)(*weights.values())
    torch.autograd.grad(h.sum(), list(weights.values()))
    reached = unrolled.state_gradient("h", 0).abs().amax(dim=(1, 2)) > 0
    assert not reached[:4].any()
    assert reached[4:].any()


@pytest.mark.parametrize("name", COVERED)
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
