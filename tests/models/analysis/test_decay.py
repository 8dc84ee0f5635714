"""Half-lives, horizons, saturation and connectivity against known profiles and gates."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.analysis.decay import half_life
from models.analysis.half_lives import half_life_words
from models.analysis.horizon import behaviour_horizon, gradient_horizon
from models.cells import make_cell
from models.diagnostics.connectivity import connectivity
from models.diagnostics.theory import theoretical_half_life
from models.diagnostics.trajectory import trajectories
from models.experiment.partition import ModelKey
from models.population.population import Population, initial_parameters
from models.tasks import make_task
from tests.models.diagnostics.trajectories import NORMALISED, STATES, clamped, linear, random


def profile(factor: float, steps: int) -> np.ndarray:
    """‖∂L/∂h_t‖ of the linear scalar RNN: factor^(T - t)."""
    return factor ** np.arange(steps)[::-1].astype(float)


@pytest.mark.parametrize("steps", [3, 50, 1000])
@pytest.mark.parametrize("factor", [0.5, 0.99, 1.1])
def test_half_life_of_a_power(factor: float, steps: int) -> None:
    expected = math.log(2) / -math.log(factor)
    assert half_life(profile(factor, steps)) == pytest.approx(expected)


def test_half_life_withstands_outliers_and_underflow() -> None:
    norms = profile(0.9, 100)
    norms[::5] *= 1e6
    assert half_life(norms) == pytest.approx(math.log(2) / -math.log(0.9), rel=0.05)
    vanished = profile(0.5, 300).astype(np.float32)
    assert vanished[0] == 0
    assert half_life(vanished) == pytest.approx(1, rel=1e-3)


def test_half_life_where_there_is_none() -> None:
    assert half_life(np.full(20, 3.0)) == math.inf
    assert math.isnan(half_life(np.array([0.0, np.nan, np.inf, 1.0, 1.0])))
    assert math.isnan(half_life(np.array([])))


def test_theory_of_the_linear_range_and_of_clamped_gates() -> None:
    w = torch.tensor([0.5, 1.25], dtype=torch.float64)
    theory = theoretical_half_life(linear(w.view(2, 1, 1), steps=30))
    torch.testing.assert_close(theory, math.log(2) / -w.log())
    for name, gate in (("lstm", "f"), ("gru", "z")):
        kept = torch.tensor([0.9, 0.81], dtype=torch.float64)
        theory = theoretical_half_life(clamped(name, {gate: 0.9}, steps=30))
        torch.testing.assert_close(theory, math.log(2) / -kept.log())


@pytest.mark.parametrize("gain", ["0.5", "1", "1.5"])
def test_theory_of_the_rnn_foretells_what_is_measured_at_initialisation(gain: str) -> None:
    task, steps, hidden = make_task("temporal_order"), 100, 32
    cell, models = make_cell(f"rnn:gain={gain}"), [ModelKey(steps, seed, 0.01) for seed in range(3)]
    parameters = initial_parameters(cell, task, models, hidden, torch.device("cpu"))
    population = Population(cell, task, [steps] * 3, hidden, 16, parameters)
    for model in range(3):
        population.set_batch(model, task.sample(np.random.default_rng(model), 16, steps))
    measured = [1 / half_life(norms.numpy()) for norms in population.gradient_profile()["h"]]
    ((_, trajectory),) = trajectories(population)
    predicted = 1 / theoretical_half_life(trajectory)
    assert predicted.tolist() == pytest.approx(measured, rel=0.15, abs=0.03)


def test_no_theory_of_normalised_cells() -> None:
    for name in NORMALISED:
        assert theoretical_half_life(random(name)).isnan().all()


def test_words() -> None:
    told = {
        12.2: "halves every 12 steps",
        -4.96: "doubles every 5 steps",
        1.02: "halves every step",
        0.48: "halves every 0.5 steps",
        math.inf: "level",
        math.nan: "not measurable",
    }
    assert {life: half_life_words(life) for life in told} == told


def test_gradient_horizon() -> None:
    assert gradient_horizon(profile(0.5, 50)) == 6
    assert gradient_horizon(profile(1.0, 50)) == 49
    assert gradient_horizon(profile(1.5, 50)) == 49
    assert gradient_horizon(np.array([1.0, 1.0, 0.001, 1.0, 1.0])) == 1
    assert gradient_horizon(np.array([1.0, np.nan, 1.0])) == 0
    assert gradient_horizon(np.array([np.inf, 1.0])) == 1
    for last in (0.0, np.nan):
        assert gradient_horizon(np.array([1.0, 1.0, last])) == 0


def test_behaviour_horizon() -> None:
    lags = [1, 5, 20, 50]
    assert behaviour_horizon(lags, np.array([0.9, 0.5, 0.05, 0.01])) == 20
    assert behaviour_horizon(lags, np.array([0.0, 0.01, 0.5, np.nan])) == 20
    assert behaviour_horizon(lags, np.array([0.0, 0.01, 0.04, np.nan])) == 0
    assert behaviour_horizon(lags, np.ones(4)) == 50


@pytest.mark.parametrize("name", [*STATES, *NORMALISED])
def test_connectivity_is_the_gradient_of_a_logit(name: str) -> None:
    trajectory = random(name)
    models, hidden, _ = trajectory.states[0][0].shape
    V = torch.randn(models, 4, hidden, dtype=torch.float64)
    b = torch.randn(models, 4, 1, dtype=torch.float64)
    chosen = torch.arange(models) + 1
    norms = connectivity(trajectory, V, b, chosen, step=5, sequence=1)
    assert norms.shape == (models, 5)

    def logit(x: torch.Tensor, t: int) -> torch.Tensor:
        inputs = trajectory.inputs.clone()
        inputs[t, ..., 1] = x
        moved = replace(trajectory, inputs=inputs)
        # Statistics of batch normalisation are those of the trajectory.
        vars(moved)["_run"] = trajectory._run
        state = trajectory.states[0]
        for step in range(5):
            state = moved.step(step, state)
        return (V @ state[0] + b)[torch.arange(models), chosen, 1]

    for t in range(5):
        at = trajectory.inputs[t, ..., 1]
        J = torch.autograd.functional.jacobian(lambda x, t=t: logit(x, t), at)
        for model in range(models):
            torch.testing.assert_close(norms[model, t], J[model, model].norm())


def test_connectivity_of_the_linear_scalar() -> None:
    w = torch.tensor([0.5, 1.25], dtype=torch.float64)
    trajectory = linear(w.view(2, 1, 1), steps=8)
    V = torch.full((2, 1, 1), 3.0, dtype=torch.float64)
    first = torch.zeros(2, dtype=torch.long)
    norms = connectivity(trajectory, V, V, first, step=8, sequence=0)
    lags = torch.arange(8).flip(0)
    torch.testing.assert_close(norms, 3 * w[:, None] ** lags)
