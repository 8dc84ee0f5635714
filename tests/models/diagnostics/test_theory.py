"""Gradient profiles with closed forms, and the half-lives that theory predicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from models.analysis.gradient_profile import gradient_horizon, half_life
from models.cells import make_cell
from models.diagnostics.jacobian import lyapunov_exponent
from models.diagnostics.theory import theoretical_half_life
from models.diagnostics.trajectory import trajectories
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.population.population import Population, initial_parameters
from models.tasks import make_task
from tests.models.diagnostics.trajectories import NORMALISED, clamped, linear, random

STEPS, HIDDEN, SEQUENCES = 60, 4, 8


def population(name: str) -> tuple[Population, dict[str, Tensor]]:
    """One model of the adding task, and views of its weights, all 0 but for the readout's."""
    cell, task = make_cell(name), make_task("adding")
    models = [ModelKey(STEPS, 0, 0.01)]
    parameters = initial_parameters(cell, task, models, HIDDEN, torch.device("cpu"))
    one = Population(cell, task, [STEPS], HIDDEN, SEQUENCES, parameters)
    one.set_batch(0, task.sample(generator(0, STEPS, Stream.PROFILE), SEQUENCES, STEPS))
    with torch.no_grad():
        parameters.zero_()
        weights, (V, _) = one.weights()
        V.fill_(1)
    return one, {name: value.detach() for name, value in weights.named().items()}


def profile(one: Population, state: str) -> Tensor:
    """The gradient profile of a population's only model as a share of the last norm, (STEPS,)."""
    norms = one.gradient_profile()[state][0]
    return norms / norms[-1]


def powers(factor: float) -> Tensor:
    """factor^(T - t), (STEPS,)."""
    return factor ** torch.arange(STEPS).flip(0)


@pytest.mark.parametrize("w", [0.8, 1.0, 1.1])
def test_linear_scalar(w: float) -> None:
    # ReLU of what is never negative is linear; all units are copies of one.
    one, weights = population("rnn:activation=relu")
    weights["W_x"][:] = 1
    weights["W_h"][:] = w * torch.eye(HIDDEN)
    shares = profile(one, "h")
    torch.testing.assert_close(shares, powers(w))
    ((_, trajectory),) = trajectories(one)
    life = math.inf if w == 1 else math.log(2) / -math.log(w)
    assert half_life(shares.numpy()) == pytest.approx(life, rel=1e-4)
    assert theoretical_half_life(trajectory).item() == pytest.approx(life, rel=1e-4)
    exponent = lyapunov_exponent(trajectory).item()
    assert exponent == pytest.approx(math.log(w), rel=1e-4, abs=1e-6)
    within = [lag for lag in range(STEPS) if w**lag >= 0.01]
    assert gradient_horizon(shares.numpy()) == within[-1]


def test_orthogonal_is_flat() -> None:
    one, weights = population("rnn:activation=relu")
    weights["W_x"][:] = 1
    weights["W_h"][:] = torch.eye(HIDDEN).roll(1, 0)
    torch.testing.assert_close(profile(one, "h"), torch.ones(STEPS))


def test_lstm_with_clamped_gates() -> None:
    one, weights = population("lstm")
    i, f, o, g = weights["b"][0].split(HIDDEN)
    i[:], f[:], o[:], g[:] = -100, math.log(9), 100, 0
    torch.testing.assert_close(profile(one, "c"), powers(0.9))
    ((_, trajectory),) = trajectories(one)
    assert theoretical_half_life(trajectory).item() == pytest.approx(6.5788, rel=1e-4)


def test_gru_with_clamped_gates() -> None:
    one, weights = population("gru")
    weights["b"][0].split(HIDDEN)[1][:] = math.log(9)
    torch.testing.assert_close(profile(one, "h"), powers(0.9))


def test_theory_of_the_linear_range_and_of_clamped_gates() -> None:
    w = torch.tensor([0.5, 1.25], dtype=torch.float64)
    theory = theoretical_half_life(linear(w.view(2, 1, 1), steps=30))
    torch.testing.assert_close(theory, math.log(2) / -w.log())
    for name, gate in (("lstm", "f"), ("gru", "z")):
        kept = torch.tensor([0.9, 0.81], dtype=torch.float64)
        theory = theoretical_half_life(clamped(name, {gate: 0.9}, steps=30))
        torch.testing.assert_close(theory, math.log(2) / -kept.log())


@pytest.mark.parametrize("gain", ["0.5", "1", "1.5"])
def test_theory_of_the_rnn_predicts_what_is_measured_at_initialisation(gain: str) -> None:
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
