"""Memory by behaviour: of models that are known to remember just so much."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from models.cells import make_cell
from models.diagnostics.influence import influence
from models.experiment.partition import ModelKey
from models.population.population import Population, initial_parameters
from models.tasks import TASKS, make_task

SEQUENCES, HIDDEN = 8, 8


def population(task_name: str, cell_name: str, lengths: Sequence[int]) -> Population:
    cell, task = make_cell(cell_name), make_task(task_name)
    models = [ModelKey(length, 0, 0.01) for length in lengths]
    parameters = initial_parameters(cell, task, models, HIDDEN, torch.device("cpu"))
    return Population(cell, task, lengths, HIDDEN, SEQUENCES, parameters.detach())


def with_weights(one: Population) -> dict[str, torch.Tensor]:
    """The weights, all 0 but for those that are told."""
    one.parameters.zero_()
    weights, (V, b) = one.weights()
    return {**weights.named(), "V": V, "b_V": b}


def test_a_linear_sum_remembers_everything_as_long_as_it_keeps() -> None:
    one = population("adding", "rnn:activation=relu", [20])
    for keep, far in ((1.0, 1.0), (0.5, 0.0)):
        weights = with_weights(one)
        weights["W_x"][0, 0, 0] = 1  # unit 0 adds up all numbers, what is marked or not
        weights["W_h"][0, 0, 0] = keep
        weights["V"][0, 0, 0] = 1
        shares = influence(one, [0], [0, 3, 19])  # 0.5³ is more than the tolerance
        assert shares.tolist() == [[1.0, 1.0, far]]


def test_an_rnn_without_recurrence_sees_the_last_step_only() -> None:
    one = population("recall", "rnn", [10])
    weights = with_weights(one)
    weights["W_x"][0, :8] = 5 * torch.eye(8)
    weights["V"][0, :4, :4] = torch.eye(4)
    assert influence(one, [0], [0, 1, 9]).tolist() == [[1.0, 0.0, 0.0]]


def test_models_of_unequal_length_and_out_of_reach() -> None:
    names = ("rnn", "lstm", "gru:norm=batch")
    for name in names:
        one = population("temporal_order", name, [30, 12])
        shares = influence(one, [3, 4], [1, 20])
        assert shares.shape == (2, 2)
        assert math.isnan(shares[1, 1])
        assert np.nan_to_num(shares).max() <= 1
        assert (influence(one, [3, 4], [1]) == shares[:, :1]).all()


@pytest.mark.parametrize("task", TASKS)
def test_every_task(task: str) -> None:
    one = population(task, "gru", [64])
    shares = influence(one, [0], [0, 5, 63])
    assert ((shares >= 0) & (shares <= 1)).all()


def test_not_finite_is_not_known() -> None:
    one = population("recall", "rnn", [10, 10])
    one.parameters[1] = torch.nan
    shares = influence(one, [0, 1], [0])
    assert np.isnan(shares).tolist() == [[False], [True]]
