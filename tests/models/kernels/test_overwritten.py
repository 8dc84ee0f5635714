"""What back-propagation needs and has been overwritten since: an error, never a wrong gradient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.kernels import KERNELS
from models.kernels.kernel import Unrolled
from tests.models.kernels.recurrences import (
    Named,
    gradients,
    hidden_states,
    normal,
    random_weights,
    recurrence,
    set_inputs,
)

WITH_KERNEL = list(KERNELS)
READABLE = ["lstm:norm=layer", "gru:norm=batch"]
"""Cells that run through their readable step."""
LENGTHS = (5, 3)
OVERWRITTEN = "modified by an inplace operation"
"""What torch says."""


def made(name: str) -> Unrolled:
    return recurrence(name, LENGTHS)


def weights_of(name: str, seed: int = 2) -> Named:
    return random_weights(name, len(LENGTHS), seed)


def loss_of(unrolled: Unrolled, weights: Named) -> Tensor:
    return hidden_states(unrolled, weights, 1).square().sum()


def without_gradient(unrolled: Unrolled, name: str) -> None:
    with torch.no_grad():
        loss_of(unrolled, weights_of(name, seed=3))


CHANGES: dict[str, Callable[[Unrolled, str], object]] = {
    "forward": lambda unrolled, name: loss_of(unrolled, weights_of(name, seed=3)),
    "forward without a graph": without_gradient,
    "one model's inputs": lambda unrolled, _: unrolled.set_inputs(1, normal(3, 2, 4, seed=4)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", WITH_KERNEL)
def test_a_kernel_refuses_what_it_can_no_longer_differentiate(name: str, change: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    loss = loss_of(unrolled, weights)
    CHANGES[change](unrolled, name)
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradients(loss, weights)


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_a_kernel_works_as_before_once_it_has_refused(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradients(loss_of(unrolled, weights), weights)
    first, second = (loss_of(unrolled, weights) for _ in range(2))
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradients(first, weights)
    assert all(map(torch.equal, gradients(second, weights), expected))


@pytest.mark.parametrize("name", READABLE)
def test_through_the_readable_step_an_earlier_forward_keeps_its_gradient(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradients(loss_of(unrolled, weights), weights)
    first = loss_of(unrolled, weights)
    loss_of(unrolled, weights_of(name, seed=3))
    assert all(map(torch.equal, gradients(first, weights), expected))
    with pytest.raises(RuntimeError, match="no gradient of the states"):
        unrolled.state_gradient("h", 0)


@pytest.mark.parametrize("name", READABLE)
def test_through_the_readable_step_new_inputs_are_refused(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    loss = loss_of(unrolled, weights)
    set_inputs(unrolled, seed=5)
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradients(loss, weights)


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_new_weights_leave_the_gradient_at_the_old_ones(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradients(loss_of(unrolled, weights), weights)
    loss = loss_of(unrolled, weights)
    with torch.no_grad():
        for values in weights.values():
            values.zero_()
    assert all(map(torch.equal, gradients(loss, weights), expected))


@pytest.mark.parametrize("name", [*WITH_KERNEL, *READABLE])
def test_a_loss_can_be_differentiated_twice_where_the_graph_is_kept(name: str) -> None:
    """The gradient is the same where the graph is kept; else the graph is gone, as torch has it."""
    unrolled, weights = made(name), weights_of(name)
    h = hidden_states(unrolled, weights, 1)
    first = gradients(h.sum(), weights, retain_graph=True)
    again = gradients(h.sum(), weights)
    assert all(map(torch.equal, first, again))
    with pytest.raises(RuntimeError, match="a second time"):
        gradients(h.sum(), weights)


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_a_kernel_has_no_second_derivative(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    first = gradients(loss_of(unrolled, weights), weights, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first[0].sum().backward()
    assert not unrolled.state_gradient("h", 0).requires_grad


@pytest.mark.parametrize("name", [*WITH_KERNEL, *READABLE])
def test_states_have_a_gradient_once_their_own_loss_was_differentiated(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    states = [(state, model) for state in make_cell(name).states for model in (0, 1)]

    def all_refused() -> None:
        for asked in states:
            with pytest.raises(RuntimeError, match="differentiate the loss"):
                unrolled.state_gradient(*asked)

    all_refused()
    loss = loss_of(unrolled, weights)
    all_refused()
    gradients(loss, weights, retain_graph=True)
    for state, model in states:
        assert unrolled.state_gradient(state, model).any()
    set_inputs(unrolled, seed=1)
    assert unrolled.state_gradient("h", 0).any()
    without_gradient(unrolled, name)
    all_refused()


@pytest.mark.parametrize("name", [*WITH_KERNEL, *READABLE])
def test_state_gradients_are_those_of_the_last_differentiation(name: str) -> None:
    """Nothing is left of a loss that read later steps."""
    unrolled, weights = made(name), weights_of(name)
    h = hidden_states(unrolled, weights, 3)
    gradients(h[-2:].sum(), weights, retain_graph=True)  # both models' last step
    gradients(h[:2].sum(), weights)  # two steps before
    for model, length in enumerate(LENGTHS):
        reached = unrolled.state_gradient("h", model).abs().amax(dim=(1, 2)) > 0
        assert reached.tolist() == [t < length - 2 for t in range(length)]
