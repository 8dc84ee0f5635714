"""Gradient profiles of populations with closed forms, and what is read off them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from models.analysis.decay import half_life
from models.analysis.horizon import gradient_horizon
from models.cells import make_cell
from models.diagnostics.jacobian import lyapunov_exponent
from models.diagnostics.theory import theoretical_half_life
from models.diagnostics.trajectory import trajectories
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.population.population import Population, initial_parameters
from models.tasks import make_task

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
    """As a share of the last norm."""
    norms = one.gradient_profile()[state][0]
    return norms / norms[-1]


def powers(factor: float) -> Tensor:
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
