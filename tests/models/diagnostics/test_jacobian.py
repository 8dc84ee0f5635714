"""Jacobian products, Lyapunov exponents and spectral radius against closed forms and autograd."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.diagnostics import jacobian
from models.diagnostics.jacobian import (
    log_singular_values,
    lyapunov_exponent,
    lyapunov_exponents,
    step_jacobians,
)
from models.diagnostics.theory import spectral_radius
from models.diagnostics.trajectory import Trajectory
from tests.models.diagnostics.trajectories import (
    ACTIVATIONS,
    HIDDEN,
    MODELS,
    NORMALISED,
    SEQUENCES,
    STATES,
    clamped,
    linear,
    random,
)

ALL = (*STATES, *NORMALISED, *ACTIVATIONS)


def run(trajectory: Trajectory, flat: Tensor, model: int, lag: int, sequence: int) -> Tensor:
    """The last state of one model and sequence, flat, from that ``lag`` steps before, flat."""
    states = [[h.clone() for h in state] for state in trajectory.states]
    state = states[trajectory.steps - lag]
    for h, values in zip(state, flat.split(HIDDEN), strict=True):
        h[model, :, sequence] = values
    new = tuple(state)
    for t in range(trajectory.steps - lag, trajectory.steps):
        new = trajectory.step(t, new)
    return torch.cat([h[model, :, sequence] for h in new])


def start(trajectory: Trajectory, model: int, lag: int, sequence: int) -> Tensor:
    """The state of one model and sequence that ``lag`` steps before the last, flat."""
    before = trajectory.states[trajectory.steps - lag]
    return torch.cat([h[model, :, sequence] for h in before])


def product(trajectory: Trajectory, lag: int, sequence: int) -> Tensor:
    """∂s_T/∂s_{T-lag}, (n, k, k)."""
    steps = range(trajectory.steps - lag, trajectory.steps)
    result = torch.eye(HIDDEN * len(trajectory.cell.states), dtype=torch.float64)
    for J in step_jacobians(trajectory.in_double(sequence, 1), steps):
        result = J @ result
    return result


@pytest.mark.parametrize("name", ALL)
def test_products_are_those_of_autograd_and_of_finite_differences(name: str) -> None:
    trajectory, lag, sequence, little = random(name), 4, 1, 1e-6
    ours = product(trajectory, lag, sequence)
    for model in range(MODELS):

        def end(flat: Tensor, model: int = model) -> Tensor:
            return run(trajectory, flat, model, lag, sequence)

        at = start(trajectory, model, lag, sequence)
        theirs = torch.autograd.functional.jacobian(end, at)
        torch.testing.assert_close(ours[model], theirs, rtol=1e-10, atol=1e-12)
        moves = little * torch.eye(len(at), dtype=torch.float64)
        differences = [(end(at + move) - end(at - move)) / (2 * little) for move in moves]
        torch.testing.assert_close(ours[model], torch.stack(differences, 1), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_jacobians_one_by_one_are_those_of_several_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = random(name)
    at_once = list(step_jacobians(trajectory, range(trajectory.steps)))
    monkeypatch.setattr(jacobian, "MAX_NUMBERS", 1)
    one_by_one = list(step_jacobians(trajectory, range(trajectory.steps)))
    torch.testing.assert_close(torch.stack(one_by_one), torch.stack(at_once))


@pytest.mark.parametrize("name", ALL)
def test_singular_values_are_those_of_the_product(name: str) -> None:
    trajectory, lags = random(name, scale=0.7), [0, 1, 3, 7]
    ours = log_singular_values(trajectory, lags)
    for place, lag in enumerate(lags):
        theirs = torch.linalg.svdvals(product(trajectory, lag, 0).expand(MODELS, -1, -1))
        torch.testing.assert_close(ours[:, place].exp(), theirs, rtol=1e-5, atol=1e-12)


def test_linear_scalar() -> None:
    w = torch.tensor([0.5, -0.8, 1.25], dtype=torch.float64)
    trajectory = linear(w.view(3, 1, 1), steps=300)
    expected = w.abs().log()
    torch.testing.assert_close(lyapunov_exponents(trajectory)[:, 0], expected)
    torch.testing.assert_close(lyapunov_exponent(trajectory), expected)
    torch.testing.assert_close(spectral_radius(trajectory.weights, trajectory.cell), w.abs())
    values = log_singular_values(trajectory, [1, 10, 300])[..., 0]
    torch.testing.assert_close(values, expected[:, None] * torch.tensor([1.0, 10, 300]).double())


def test_orthogonal_neither_shrinks_nor_stretches() -> None:
    W = torch.linalg.qr(torch.randn(2, 8, 8, dtype=torch.float64)).Q
    trajectory = linear(W, steps=60)
    zero = torch.zeros(2, 8, dtype=torch.float64)
    torch.testing.assert_close(lyapunov_exponents(trajectory), zero[:, :1])
    torch.testing.assert_close(log_singular_values(trajectory, [60])[:, 0], zero)
    torch.testing.assert_close(
        spectral_radius(trajectory.weights, trajectory.cell), torch.ones(2, dtype=torch.float64)
    )


def test_singular_values_hundreds_of_orders_of_magnitude_apart() -> None:
    factors = torch.tensor([1e3, 1.0, 1e-3, 1e-5], dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64)).Q
    trajectory = linear((turn * factors @ turn.T)[None], steps=200)
    # Around the fixed point 0, as the states themselves overflow.
    still = replace(trajectory, inputs=torch.zeros_like(trajectory.inputs))
    values = log_singular_values(still, [50, 200])[0]
    lags = torch.tensor([50.0, 200.0], dtype=torch.float64)
    torch.testing.assert_close(values, lags[:, None] * factors.log(), rtol=1e-6, atol=1e-4)
    assert lyapunov_exponent(still).item() == pytest.approx(math.log(1e3), rel=1e-2)


@pytest.mark.parametrize("name", ALL)
def test_exponents_are_the_growth_rates_of_the_largest_singular_values(name: str) -> None:
    trajectory = random(name, steps=400, scale=0.5)
    rates = [
        log_singular_values(trajectory.in_double(sequence, 1), [400])[:, 0, 0] / 400
        for sequence in range(SEQUENCES)
    ]
    exponents = lyapunov_exponents(trajectory)
    torch.testing.assert_close(exponents, torch.stack(rates, dim=1), rtol=0, atol=0.05)


def test_clamped_lstm_forgets_by_its_forget_gate() -> None:
    trajectory = clamped("lstm", {"f": 0.9, "i": 0.5, "o": 0.5}, steps=50)
    f = torch.tensor([0.9, 0.81], dtype=torch.float64)
    through_c = product(trajectory, 20, 0)[:, HIDDEN:, HIDDEN:]
    one = torch.eye(HIDDEN, dtype=torch.float64)
    torch.testing.assert_close(through_c, f[:, None, None] ** 20 * one)
    torch.testing.assert_close(lyapunov_exponent(trajectory), f.log())


def test_clamped_gru_forgets_by_its_update_gate() -> None:
    trajectory = clamped("gru", {"z": 0.9}, steps=50)
    z = torch.tensor([0.9, 0.81], dtype=torch.float64)
    torch.testing.assert_close(lyapunov_exponent(trajectory), z.log())


def test_spectral_radius_is_of_the_block_that_writes() -> None:
    for name in STATES:
        cell = make_cell(name)
        blocks = [float(place) * torch.eye(2) for place in range(1, len(cell.gates) + 1)]
        W_h = torch.cat(blocks)[None]
        weights = Weights(torch.zeros(1, len(W_h[0]), 1), W_h, torch.zeros(1, len(W_h[0]), 1))
        assert spectral_radius(weights, cell).item() == len(cell.gates)


def test_a_model_that_is_not_finite_leaves_the_others_alone() -> None:
    for name in ALL:
        healthy = random(name)
        broken = {name: value.clone() for name, value in healthy.weights.named().items()}
        broken["W_h"][1] = torch.inf
        sick = replace(healthy, weights=Weights(**broken))
        for measure in (
            lyapunov_exponent,
            lyapunov_exponents,
            lambda t: log_singular_values(t, [1, 5]),
            lambda t: spectral_radius(t.weights, t.cell),
        ):
            before, after = measure(healthy), measure(sick)
            assert after[1].isnan().all(), name
            torch.testing.assert_close(before[0], after[0])


def test_dead_units_lead_nowhere() -> None:
    trajectory = random("rnn:activation=relu")
    shut = replace(trajectory.weights, b=torch.full_like(trajectory.weights.b, -100.0))
    dead = replace(trajectory, weights=shut)
    assert (lyapunov_exponent(dead) == -math.inf).all()
    assert (log_singular_values(dead, [1, 5]) == -math.inf).all()
