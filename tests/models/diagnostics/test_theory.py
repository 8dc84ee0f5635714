"""Gradient profiles with closed forms, and the half-lives that theory predicts."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from models.analysis.gradient_profile import gradient_horizon, half_life
from models.diagnostics.jacobian import lyapunov_exponent
from models.diagnostics.theory import theoretical_half_life
from models.diagnostics.trajectories import readable_trajectories
from models.population.evaluation import set_profile_batches
from models.population.population import Population
from tests.models.diagnostics.trajectories import (
    NORMALISED,
    clamped,
    linear,
    population,
    random,
    zeroed_weights,
)

STEPS, HIDDEN, SEQUENCES = 60, 4, 8


def adding(cell_spec: str) -> tuple[Population, dict[str, Tensor]]:
    """One model of the adding task, and views of its weights, all 0 but for the readout's."""
    one = population(cell_spec, "adding", [STEPS], HIDDEN, SEQUENCES)
    set_profile_batches(one, [0])
    weights = zeroed_weights(one)
    weights["V"].fill_(1)
    return one, weights


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
    one, weights = adding("rnn:activation=relu")
    weights["W_x"][:] = 1
    weights["W_h"][:] = w * torch.eye(HIDDEN)
    shares = profile(one, "h")
    torch.testing.assert_close(shares, powers(w))
    ((_, trajectory),) = readable_trajectories(one, [0])
    life = math.inf if w == 1 else math.log(2) / -math.log(w)
    assert half_life(shares.numpy()) == pytest.approx(life, rel=1e-4)
    assert theoretical_half_life(trajectory).item() == pytest.approx(life, rel=1e-4)
    exponent = lyapunov_exponent(trajectory).item()
    assert exponent == pytest.approx(math.log(w), rel=1e-4, abs=1e-6)
    within = [lag for lag in range(STEPS) if w**lag >= 0.01]
    assert gradient_horizon(shares.numpy()) == within[-1]


def test_orthogonal_is_flat() -> None:
    one, weights = adding("rnn:activation=relu")
    weights["W_x"][:] = 1
    weights["W_h"][:] = torch.eye(HIDDEN).roll(1, 0)
    torch.testing.assert_close(profile(one, "h"), torch.ones(STEPS))


def test_lstm_with_clamped_gates() -> None:
    one, weights = adding("lstm")
    i, f, o, g = weights["b"][0].split(HIDDEN)
    i[:], f[:], o[:], g[:] = -100, math.log(9), 100, 0
    torch.testing.assert_close(profile(one, "c"), powers(0.9))
    ((_, trajectory),) = readable_trajectories(one, [0])
    assert theoretical_half_life(trajectory).item() == pytest.approx(6.5788, rel=1e-4)


def test_gru_with_clamped_gates() -> None:
    one, weights = adding("gru")
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
    one = population(f"rnn:gain={gain}", "temporal_order", [100] * 3, 32, 16)
    set_profile_batches(one, [0, 1, 2])
    measured = [1 / half_life(norms.numpy()) for norms in one.gradient_profile()["h"]]
    ((_, trajectory),) = readable_trajectories(one, [0, 1, 2])
    predicted = 1 / theoretical_half_life(trajectory)
    assert predicted.tolist() == pytest.approx(measured, rel=0.15, abs=0.03)


def test_no_theory_of_normalised_cells() -> None:
    for name in NORMALISED:
        assert theoretical_half_life(random(name)).isnan().all()
