"""Hand-written back-propagation through time against autograd, in float64, ragged lengths."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.kernels import KERNELS
from tests.models.kernels.recurrences import (
    HIDDEN,
    SEQUENCES,
    gradients,
    hidden_states,
    random_weights,
    recurrence,
)

LENGTHS = (6, 6, 4, 1)
READ = [1, 3, 6]
"""The last output only, some, and every one."""
WITH_KERNEL = ["rnn", "rnn:activation=relu", "rnn:activation=sigmoid", "lstm", "gru"]

assert_close = partial(torch.testing.assert_close, rtol=1e-12, atol=1e-12)


def test_every_kernel_is_tested() -> None:
    assert {name.split(":")[0] for name in WITH_KERNEL} == set(KERNELS)


@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", WITH_KERNEL)
def test_gradcheck(name: str, last: int) -> None:
    weights = random_weights(name, len(LENGTHS))

    def hidden(*values: Tensor) -> Tensor:
        # Made anew: gradcheck goes forward again and again before it goes back.
        return hidden_states(
            recurrence(name, LENGTHS), dict(zip(weights, values, strict=True)), last
        )

    assert torch.autograd.gradcheck(hidden, tuple(weights.values()))


@pytest.mark.parametrize("truncate", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("last", READ)
@pytest.mark.parametrize("name", WITH_KERNEL)
def test_a_kernel_agrees_with_autograd_through_the_readable_step(
    name: str, last: int, truncate: int
) -> None:
    weights = random_weights(name, len(LENGTHS))
    fast, slow = (recurrence(name, LENGTHS, truncate, kernel) for kernel in (True, False))
    results = []
    for made in (fast, slow):
        h = hidden_states(made, weights, last)
        pull = torch.linspace(-1, 1, h.numel(), dtype=torch.float64).view_as(h)
        results.append((h, *gradients((h * pull).sum(), weights)))
    for ours, theirs in zip(*results, strict=True):
        assert_close(ours, theirs)
    for state in make_cell(name).states:
        for model, length in enumerate(LENGTHS):
            profile = fast.state_gradient(state, model)
            assert profile.shape == (length, HIDDEN, SEQUENCES)
            assert_close(profile, slow.state_gradient(state, model))
            assert_close(fast.state(state, model), slow.state(state, model))
            assert torch.equal(fast.inputs(model), slow.inputs(model))


@pytest.mark.parametrize("name", WITH_KERNEL)
@pytest.mark.parametrize("kernel", [True, False])
def test_a_truncated_gradient_goes_so_many_steps_back_and_no_further(
    name: str, kernel: bool
) -> None:
    weights = random_weights(name, len(LENGTHS))
    made = recurrence(name, LENGTHS, truncate=2, kernel=kernel)
    gradients(hidden_states(made, weights, 1).sum(), weights)
    reached = made.state_gradient("h", 0).abs().amax(dim=(1, 2)) > 0
    assert not reached[:4].any()
    assert reached[4:].any()


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_one_model_overflowing_leaves_the_others_as_they_are(name: str) -> None:
    weights, made = random_weights(name, len(LENGTHS)), recurrence(name, LENGTHS)
    healthy = gradients(hidden_states(made, weights, 1).sum(), weights)
    with torch.no_grad():
        for w in weights.values():
            w[1] = torch.nan
    h = hidden_states(made, weights, 1)
    sick = gradients(h.sum(), weights)
    others = [0, 2, 3]
    assert not h[1].isfinite().any()
    for before, after in zip(healthy, sick, strict=True):
        assert torch.equal(before[others], after[others])
