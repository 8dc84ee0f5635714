"""What back-propagation needs and has been overwritten since: an error, never a wrong gradient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.kernels import KERNELS, unroll
from models.kernels.autograd import AutogradUnrolled
from models.kernels.kernel import Kernel, Unrolled
from models.kernels.schedule import Schedule
from models.population.population import Population, initial_parameters
from models.tasks import make_task
from models.tasks.task import Batch

COVERED = list(KERNELS)
"""Cells that run through a kernel."""
READABLE = ["lstm:norm=layer", "gru:norm=batch"]
"""Cells that run through their readable step."""
LENGTHS, INPUTS, HIDDEN, SEQUENCES = (5, 3), 2, 3, 4
OVERWRITTEN = "modified by an inplace operation"
"""As torch says it."""

Named = dict[str, Tensor]


def random(*shape: int, seed: int) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=source)


def made(name: str) -> Unrolled:
    """With its inputs."""
    unrolled = unroll(make_cell(name), Schedule(LENGTHS), INPUTS, HIDDEN, SEQUENCES, torch.float64)
    assert isinstance(unrolled, Kernel if name in COVERED else AutogradUnrolled)
    set_inputs(unrolled, seed=1)
    return unrolled


def set_inputs(unrolled: Unrolled, seed: int) -> None:
    for model, length in enumerate(LENGTHS):
        unrolled.set_inputs(model, random(length, INPUTS, SEQUENCES, seed=seed))


def weights_of(name: str, seed: int = 2) -> Named:
    shapes = make_cell(name).shapes(INPUTS, HIDDEN)
    return {
        key: random(len(LENGTHS), *shape, seed=seed).requires_grad_()
        for key, shape in shapes.items()
    }


def loss_of(unrolled: Unrolled, weights: Named, last: int = 1) -> Tensor:
    return unrolled.hidden_states(Weights(**weights), last).square().sum()


def gradient(
    loss: Tensor, weights: Named, retain_graph: bool = False, create_graph: bool = False
) -> tuple[Tensor, ...]:
    retain_graph |= create_graph
    return torch.autograd.grad(loss, list(weights.values()), None, retain_graph, create_graph)


def without_gradient(unrolled: Unrolled, name: str) -> None:
    with torch.no_grad():
        loss_of(unrolled, weights_of(name, seed=3))


CHANGES: dict[str, Callable[[Unrolled, str], object]] = {
    "forward": lambda unrolled, name: loss_of(unrolled, weights_of(name, seed=3)),
    "forward without a graph": without_gradient,
    "one model's inputs": lambda unrolled, _: unrolled.set_inputs(1, random(3, 2, 4, seed=4)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", COVERED)
def test_a_kernel_refuses_what_it_can_no_longer_differentiate(name: str, change: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    loss = loss_of(unrolled, weights)
    CHANGES[change](unrolled, name)
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradient(loss, weights)


@pytest.mark.parametrize("name", COVERED)
def test_a_kernel_works_as_before_once_it_has_refused(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradient(loss_of(unrolled, weights), weights)
    first, second = (loss_of(unrolled, weights) for _ in range(2))
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradient(first, weights)
    assert all(map(torch.equal, gradient(second, weights), expected))


@pytest.mark.parametrize("name", READABLE)
def test_through_the_readable_step_an_earlier_forward_keeps_its_gradient(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradient(loss_of(unrolled, weights), weights)
    first = loss_of(unrolled, weights)
    loss_of(unrolled, weights_of(name, seed=3))
    assert all(map(torch.equal, gradient(first, weights), expected))
    with pytest.raises(RuntimeError, match="no gradient of the states"):
        unrolled.state_gradient("h", 0)


@pytest.mark.parametrize("name", READABLE)
def test_through_the_readable_step_new_inputs_are_refused(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    loss = loss_of(unrolled, weights)
    set_inputs(unrolled, seed=5)
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        gradient(loss, weights)


@pytest.mark.parametrize("name", COVERED)
def test_new_weights_leave_the_gradient_at_the_old_ones(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    expected = gradient(loss_of(unrolled, weights), weights)
    loss = loss_of(unrolled, weights)
    with torch.no_grad():
        for values in weights.values():
            values.zero_()
    assert all(map(torch.equal, gradient(loss, weights), expected))


@pytest.mark.parametrize("name", [*COVERED, *READABLE])
def test_differentiated_twice(name: str) -> None:
    """The same again where the graph is kept; else it is gone, as everywhere in torch."""
    unrolled, weights = made(name), weights_of(name)
    h = unrolled.hidden_states(Weights(**weights), 1)
    first = gradient(h.sum(), weights, retain_graph=True)
    again = gradient(h.sum(), weights)
    assert all(map(torch.equal, first, again))
    with pytest.raises(RuntimeError, match="a second time"):
        gradient(h.sum(), weights)


@pytest.mark.parametrize("name", COVERED)
def test_a_kernel_has_no_second_derivative(name: str) -> None:
    unrolled, weights = made(name), weights_of(name)
    first = gradient(loss_of(unrolled, weights), weights, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first[0].sum().backward()
    assert not unrolled.state_gradient("h", 0).requires_grad


@pytest.mark.parametrize("name", [*COVERED, *READABLE])
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
    gradient(loss, weights, retain_graph=True)
    for state, model in states:
        assert unrolled.state_gradient(state, model).any()
    set_inputs(unrolled, seed=1)
    assert unrolled.state_gradient("h", 0).any()
    without_gradient(unrolled, name)
    all_refused()


@pytest.mark.parametrize("name", [*COVERED, *READABLE])
def test_state_gradients_are_those_of_the_last_differentiation(name: str) -> None:
    """Nothing is left of a loss that read later steps."""
    unrolled, weights = made(name), weights_of(name)
    h = unrolled.hidden_states(Weights(**weights), 3)
    gradient(h[-2:].sum(), weights, retain_graph=True)  # both models' last step
    gradient(h[:2].sum(), weights)  # two steps before
    for model, length in enumerate(LENGTHS):
        reached = unrolled.state_gradient("h", model).abs().amax(dim=(1, 2)) > 0
        assert reached.tolist() == [t < length - 2 for t in range(length)]


def batch(task: str, seed: int) -> Batch:
    return make_task(task).sample(generator(seed, 6, Stream.TRAINING), SEQUENCES, 6)


@pytest.mark.parametrize("task", ["temporal_order", "adding"])
@pytest.mark.parametrize("name", [*COVERED, *READABLE])
def test_a_population_refuses_a_batch_between_forward_and_backward(name: str, task: str) -> None:
    cell, cpu = make_cell(name), torch.device("cpu")
    models = [ModelKey(6, 0, 0.01)]
    parameters = initial_parameters(cell, make_task(task), models, HIDDEN, cpu)
    population = Population(cell, make_task(task), [6], HIDDEN, SEQUENCES, parameters)
    population.set_batch(0, batch(task, seed=0))
    loss = population.outcome("batch").loss.sum()
    population.set_batch(0, batch(task, seed=1))
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        torch.autograd.grad(loss, parameters)
