"""The reference: what its way back needs and was overwritten is an error, never a wrong number."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.kernels.autograd import AutogradUnrolled
from tests.models.kernels.recurrences import (
    Named,
    gradients,
    hidden_states,
    random_weights,
    recurrence,
    set_inputs,
)

CELL_SPECS = ["rnn", "lstm", "gru", "lstm:norm=layer", "gru:norm=batch"]
LENGTHS = (5, 3)
OVERWRITTEN = "modified by an inplace operation"
"""What torch says."""


def made(name: str) -> AutogradUnrolled:
    return recurrence(name, LENGTHS)


def weights_of(name: str, seed: int = 2) -> Named:
    return random_weights(name, len(LENGTHS), seed)


def loss_of(unrolled: AutogradUnrolled, weights: Named) -> Tensor:
    return hidden_states(unrolled, weights, 1).square().sum()


@pytest.mark.parametrize("name", CELL_SPECS)
def test_an_earlier_forward_keeps_its_gradient(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradients(loss_of(unrolled, weights), weights)
    first = loss_of(unrolled, weights)
    loss_of(unrolled, weights_of(name, seed=3))
    assert all(map(torch.equal, gradients(first, weights), expected))
    with pytest.raises(RuntimeError, match="no gradient of the states"):
        unrolled.state_gradient("h", 0)


@pytest.mark.parametrize("name", CELL_SPECS)
def test_new_inputs_are_refused(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    loss = loss_of(unrolled, weights)
    set_inputs(unrolled, seed=5)
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradients(loss, weights)


@pytest.mark.parametrize("name", CELL_SPECS)
def test_a_loss_can_be_differentiated_twice_where_the_graph_is_kept(name: str) -> None:
    """The gradient is the same where the graph is kept; else the graph is gone, as torch has it."""
    unrolled, weights = made(name), weights_of(name)
    h = hidden_states(unrolled, weights, 1)
    first = gradients(h.sum(), weights, retain_graph=True)
    again = gradients(h.sum(), weights)
    assert all(map(torch.equal, first, again))
    with pytest.raises(RuntimeError, match="a second time"):
        gradients(h.sum(), weights)


@pytest.mark.parametrize("name", CELL_SPECS)
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
    with torch.no_grad():
        loss_of(unrolled, weights_of(name, seed=3))
    all_refused()


@pytest.mark.parametrize("name", CELL_SPECS)
def test_state_gradients_are_those_of_the_last_differentiation(name: str) -> None:
    """Nothing is left of a loss that read later steps."""
    unrolled, weights = made(name), weights_of(name)
    h = hidden_states(unrolled, weights, 3)
    gradients(h[-2:].sum(), weights, retain_graph=True)  # both models' last step
    gradients(h[:2].sum(), weights)  # two steps before
    for model, length in enumerate(LENGTHS):
        reached = unrolled.state_gradient("h", model).abs().amax(dim=(1, 2)) > 0
        assert reached.tolist() == [t < length - 2 for t in range(length)]
