"""Connectivity against autograd, and influence on models that remember just so many steps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.diagnostics.influence import behaviour_horizon, connectivity, influence
from models.diagnostics.measure import measure_influence
from models.tasks import TASKS
from tests.models.diagnostics.trajectories import (
    NORMALISED,
    STATES,
    linear,
    population,
    random,
    zeroed_weights,
)


def test_a_linear_sum_remembers_everything_as_long_as_it_keeps() -> None:
    one = population("rnn:activation=relu", "adding", [20])
    for keep, far in ((1.0, 1.0), (0.5, 0.0)):
        weights = zeroed_weights(one)
        weights["W_x"][0, 0, 0] = 1  # unit 0 adds up all numbers, what is marked or not
        weights["W_h"][0, 0, 0] = keep
        weights["V"][0, 0, 0] = 1
        shares = influence(one, [0], [0, 3, 19])  # 0.5³ is more than the tolerance
        assert shares.tolist() == [[1.0, 1.0, far]]


def test_an_rnn_without_recurrence_sees_the_last_step_only() -> None:
    one = population("rnn", "recall", [10])
    weights = zeroed_weights(one)
    weights["W_x"][0, :8] = 5 * torch.eye(8)
    weights["V"][0, :4, :4] = torch.eye(4)
    assert influence(one, [0], [0, 1, 9]).tolist() == [[1.0, 0.0, 0.0]]


def test_models_of_unequal_length_and_out_of_reach() -> None:
    names = ("rnn", "lstm", "gru:norm=batch")
    for name in names:
        one = population(name, "temporal_order", [30, 12])
        shares = influence(one, [3, 4], [1, 20])
        assert shares.shape == (2, 2)
        assert math.isnan(shares[1, 1])
        assert np.nan_to_num(shares).max() <= 1
        assert (influence(one, [3, 4], [1]) == shares[:, :1]).all()


def test_the_lags_of_a_model_do_not_depend_on_the_other_models() -> None:
    remember = np.array([True, True])
    both = population("rnn", "temporal_order", [40, 12])
    lags, shares, _ = measure_influence(both, [3, 4], remember)
    alone, _, _ = measure_influence(population("rnn", "temporal_order", [12]), [4], remember[:1])
    assert lags[1].tolist() == alone[0].tolist()
    within = lags < np.array(both.steps)[:, None]
    assert np.where(within, lags, 0).max(axis=1).tolist() == [steps - 1 for steps in both.steps]
    assert (np.isnan(shares) == ~within).all()


@pytest.mark.parametrize("task", TASKS)
def test_influence_is_a_share_on_every_task(task: str) -> None:
    one = population("gru", task, [64])
    shares = influence(one, [0], [0, 5, 63])
    assert ((shares >= 0) & (shares <= 1)).all()


def test_an_output_that_is_not_finite_has_no_influence() -> None:
    one = population("rnn", "recall", [10, 10])
    one.parameters.detach()[1] = torch.nan
    shares = influence(one, [0, 1], [0])
    assert np.isnan(shares).tolist() == [[False], [True]]


def test_behaviour_horizon() -> None:
    lags = [1, 5, 20, 50]
    assert behaviour_horizon(lags, np.array([0.9, 0.5, 0.05, 0.01])) == 20
    assert behaviour_horizon(lags, np.array([0.0, 0.01, 0.5, np.nan])) == 20
    assert behaviour_horizon(lags, np.array([0.0, 0.01, 0.04, np.nan])) == 0
    assert behaviour_horizon(lags, np.ones(4)) == 50


@pytest.mark.parametrize("name", [*STATES, *NORMALISED])
def test_connectivity_is_the_gradient_of_a_logit(name: str) -> None:
    trajectory = random(name, steps=5)
    models, hidden, _ = trajectory.states[0][0].shape
    V = torch.randn(models, 4, hidden, dtype=torch.float64)
    b = torch.randn(models, 4, 1, dtype=torch.float64)
    chosen = torch.arange(models) + 1
    norms = connectivity(trajectory, V[torch.arange(models), chosen])
    assert norms.shape == (models, 5)

    def logit(x: torch.Tensor, t: int) -> torch.Tensor:
        inputs = trajectory.inputs.clone()
        inputs[t, ..., 0] = x
        moved = replace(trajectory, inputs=inputs)
        # Statistics of batch normalisation are those of the trajectory.
        vars(moved)["_run"] = trajectory._run
        state = trajectory.states[0]
        for step in range(5):
            state = moved.step(step, state)
        return (V @ state[0] + b)[torch.arange(models), chosen, 0]

    for t in range(5):
        at = trajectory.inputs[t, ..., 0]
        J = torch.autograd.functional.jacobian(lambda x, t=t: logit(x, t), at)
        for model in range(models):
            torch.testing.assert_close(norms[model, t], J[model, model].norm())


def test_connectivity_of_the_linear_scalar() -> None:
    w = torch.tensor([0.5, 1.25], dtype=torch.float64)
    trajectory = linear(w.view(2, 1, 1), steps=8)
    V = torch.full((2, 1, 1), 3.0, dtype=torch.float64)
    norms = connectivity(trajectory, V[:, 0])
    lags = torch.arange(8).flip(0)
    torch.testing.assert_close(norms, 3 * w[:, None] ** lags)
