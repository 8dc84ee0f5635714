"""Populations and trajectories for the tests: random, and with closed forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import HiddenState, Weights
from models.cells.rnn import RNN
from models.diagnostics.trajectory import Trajectory
from models.experiment.partition import ModelKey
from models.population.make import make_population
from models.population.population import Population, initial_parameters
from models.tasks import make_task

MODELS, INPUTS, HIDDEN, SEQUENCES = 2, 2, 3, 2
STATES = ("rnn", "lstm", "gru")
NORMALISED = tuple(f"{cell}:norm={norm}" for cell in STATES for norm in ("layer", "batch"))
ACTIVATIONS = ("rnn:activation=sigmoid", "rnn:activation=relu")


def population(
    cell_spec: str,
    task_spec: str,
    lengths: Sequence[int],
    hidden: int = 8,
    sequences: int = 8,
    dtype: torch.dtype = torch.float32,
) -> Population:
    """Models of these lengths and of seeds from 0 on, at initialisation."""
    cell, task = make_cell(cell_spec), make_task(task_spec)
    models = [ModelKey(length, seed, 0.01) for seed, length in enumerate(lengths)]
    parameters = initial_parameters(cell, task, models, hidden, torch.device("cpu"))
    parameters = parameters.detach().to(dtype).requires_grad_()
    return make_population(cell, task, lengths, hidden, sequences, parameters)


def zeroed_weights(one: Population) -> dict[str, Tensor]:
    """Views of a population's weights by name, all set to 0; the readout's are V and b_V."""
    one.parameters.detach().zero_()
    weights, (V, b) = one.weights()
    views = {**weights.named(), "V": V, "b_V": b}
    return {name: view.detach() for name, view in views.items()}


class Linear(RNN):
    """h_t = W_x x_t + W_h h_{t-1} + b."""

    def compute_gates(self, w: Weights, x: Tensor, state: HiddenState) -> tuple[Tensor, ...]:
        return (w.W_x @ x + w.W_h @ state.h + w.b,)

    def candidate_slope(self, candidate: Tensor) -> Tensor:
        return torch.ones_like(candidate)


def random(name: str, steps: int = 7, scale: float = 1.0, hidden: int = HIDDEN) -> Trajectory:
    """The trajectory of a cell with normally distributed weights, in float64."""
    cell, generator = make_cell(name), torch.Generator().manual_seed(5)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    shapes = cell.shapes(INPUTS, hidden)
    weights = {name: scale * normal(MODELS, *shape) for name, shape in shapes.items()}
    return Trajectory(cell, Weights(**weights), normal(steps, MODELS, INPUTS, SEQUENCES))


def linear(W: Tensor, steps: int) -> Trajectory:
    """The trajectory of a linear RNN with recurrent weights W, (n, H, H)."""
    models, hidden, _ = W.shape
    weights = Weights(W.new_ones(models, hidden, 1), W, W.new_zeros(models, hidden, 1))
    inputs = torch.linspace(-1, 1, steps * models, dtype=W.dtype).view(steps, models, 1, 1)
    return Trajectory(Linear(), weights, inputs)


def clamped(name: str, gates: Mapping[str, float], steps: int, hidden: int = HIDDEN) -> Trajectory:
    """The trajectory of two models whose gates are clamped to values by their biases alone.

    The second model's gates are those of the first squared.
    """
    cell = make_cell(name)
    weights = {
        name: torch.zeros(MODELS, *shape, dtype=torch.float64)
        for name, shape in cell.shapes(INPUTS, hidden).items()
    }
    for gate, rows in zip(cell.gates, weights["b"].split(hidden, dim=1), strict=True):
        if gate in gates:
            value = torch.tensor([gates[gate], gates[gate] ** 2], dtype=torch.float64)
            rows[:] = value.logit()[:, None, None]
    inputs = torch.zeros(steps, MODELS, INPUTS, SEQUENCES, dtype=torch.float64)
    return Trajectory(cell, Weights(**weights), inputs)
