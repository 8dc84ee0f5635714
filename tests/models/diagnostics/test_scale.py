"""Diagnostics of numbers of every size that float32 has, against float64, denormals flushed.

Training flushes them (``models.training.train``), and squares leave the range of float32 halfway.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.cells.rnn import RNN
from models.diagnostics.inside.linear_probe import probe_curve
from models.diagnostics.jacobian import lyapunov_exponent, lyapunov_exponents
from models.diagnostics.measure import measure_connectivity, measure_profiles, measure_recurrence
from models.diagnostics.theory import theoretical_half_life
from models.diagnostics.trajectories import readable_trajectories
from models.diagnostics.trajectory import State, Trajectory
from models.kernels.autograd import AutogradUnrolled
from models.kernels.schedule import Schedule
from models.optimisers import make_optimiser
from models.population.evaluation import gradient_profile, set_profile_batches
from models.population.population import Population
from models.population.readable import _Pass
from models.training.optimiser import PopulationOptimiser, clip, gradient_norm, is_clipped
from models.training.regularisation import omega
from tests.models.diagnostics.trained import random_model
from tests.models.diagnostics.trajectories import clamped, linear, population

SCALES = (1e-37, 1e-30, 1e-20, 1.0, 1e18, 1e25, 1e36)
"""From the smallest normal number of float32 to the largest, nearly."""


@pytest.fixture(autouse=True)
def flushed() -> Iterator[None]:
    """Denormal numbers are flushed in each test."""
    torch.set_flush_denormal(True)
    yield
    torch.set_flush_denormal(False)


def alone(
    cell_spec: str,
    length: int,
    hidden: int = 8,
    task: str = "recall",
    dtype: torch.dtype = torch.float32,
    readout: float = 1.0,
) -> Population:
    """One model at initialisation, its readout scaled, with the sequences of its profiles."""
    one = population(cell_spec, task, [length], hidden, dtype=dtype)
    one.weights()[1][0].detach().mul_(readout)
    set_profile_batches(one, [0])
    return one


def vectors(scale: float) -> Tensor:
    """Three vectors of 200 numbers from ``scale`` to twice that, (3, 200), in float64."""
    generator = torch.Generator().manual_seed(0)
    return (1 + torch.rand(3, 200, dtype=torch.float64, generator=generator)) * scale


@pytest.mark.parametrize("scale", SCALES)
def test_gradient_norms_clipping_and_update_ratios(scale: float) -> None:
    exact = vectors(scale)
    given = exact.float()
    norm = torch.linalg.vector_norm(exact, dim=1)
    torch.testing.assert_close(gradient_norm(given).double(), norm, rtol=1e-6, atol=0)
    threshold = 1e-6 * scale
    assert is_clipped(given, gradient_norm(given), threshold).all()
    kept = clip(given, gradient_norm(given), max(threshold, 1e-9))
    wanted = exact * (max(threshold, 1e-9) / norm.clamp(min=max(threshold, 1e-9)))[:, None]
    torch.testing.assert_close(kept.double(), wanted, rtol=1e-5, atol=1e-37)
    adam = PopulationOptimiser(make_optimiser("adam"), torch.ones(3, 200), torch.ones(3))
    adam.state()["change"][:] = given
    ratio = adam.update_ratio().double()
    torch.testing.assert_close(ratio, norm / math.sqrt(200), rtol=1e-6, atol=0)


def test_a_norm_above_every_number_of_float32_is_finite() -> None:
    large = torch.full((1, 100), 3e38)
    assert gradient_norm(large).item() == pytest.approx(3e39, rel=1e-6)
    unit = clip(large, gradient_norm(large), 1.0)
    torch.testing.assert_close(unit, torch.full((1, 100), 0.1))
    for bad in (math.inf, math.nan):
        assert not gradient_norm(torch.tensor([[bad, 1.0]])).isfinite().any()


@pytest.mark.parametrize("readout", [1e-33, 1e-20, 1.0, 1e10, 1e17])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_gradient_profiles(name: str, readout: float) -> None:
    # Of a squared error the gradient is as large as the readout, or as its square.
    ours = alone(name, 10, task="adding", readout=readout)
    theirs = alone(name, 10, task="adding", dtype=torch.float64, readout=readout)
    for state, (profile,) in gradient_profile(ours, [0]).items():
        exact = gradient_profile(theirs, [0])[state][0]
        np.testing.assert_allclose(profile, exact, rtol=1e-2, err_msg=state)
    ours_by_name, exact_by_name = (
        measure_profiles(gradient_profile(one, [0])) for one in (ours, theirs)
    )
    for name_of, value in ours_by_name.items():
        np.testing.assert_allclose(value, exact_by_name[name_of], rtol=5e-2, err_msg=name_of)


@pytest.mark.parametrize(("length", "least"), [(45, 1e-30), (100, 1e-75)])
def test_connectivity_of_inputs_whose_effect_has_vanished(length: int, least: float) -> None:
    (ours,) = measure_connectivity(alone("rnn:activation=sigmoid", length))
    (exact,) = measure_connectivity(alone("rnn:activation=sigmoid", length, dtype=torch.float64))
    assert 0 < ours.min() < 1e-25
    assert ours.min() > least
    np.testing.assert_allclose(ours, exact, rtol=1e-3)


def test_a_batch_some_of_whose_sequences_lose_everything() -> None:
    one = alone("rnn:activation=relu,init=identity", 20, 16, "temporal_order")
    ((_, trajectory),) = readable_trajectories(one, [0])
    (exponents,) = lyapunov_exponents(trajectory).tolist()
    # With the identity a step leaves the gradient of a live unit as it is, and no other: between
    # the edges that are not counted, v loses the units that die there.
    alive = (torch.stack([state[0] for state in trajectory.states[1:]]) > 0)[:, 0].double()
    start = torch.randn(16, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ends = [(start * alive[first:].prod(dim=0)).norm(dim=0) for first in (15, 5, 0)]
    after, before, last = (end.numpy() for end in ends)
    with np.errstate(divide="ignore"):
        expected = np.where(last > 0, np.log(before / after) / 10, -np.inf)
    assert 0 < np.isinf(expected).sum() < 8
    assert exponents == pytest.approx(expected.tolist(), abs=1e-6)
    middle = np.mean(np.sort(expected)[3:5])
    assert np.isfinite(middle)
    assert measure_recurrence(one)["lyapunov_exponent"].tolist() == pytest.approx(
        [middle], abs=1e-6
    )


@pytest.mark.parametrize("step", [0, 5, 11])
@pytest.mark.parametrize(("lost", "middle"), [(1, 0), (3, 0), (4, -math.inf), (8, -math.inf)])
def test_the_exponent_is_the_median_over_sequences(lost: int, middle: float, step: int) -> None:
    # Of a unit that is dead wherever the input is negative.
    one = linear(torch.ones(1, 1, 1), steps=12)
    signs = torch.ones(12, 1, 1, 8)
    signs[step, ..., :lost] = -100
    cell = make_cell("rnn:activation=relu")
    trajectory = replace(one, cell=cell, inputs=signs)
    assert lyapunov_exponent(trajectory).item() == middle


@pytest.mark.parametrize("scale", [1e-37, 1e-30, 1e-18, 1e-3, 1e5])
def test_lyapunov_exponents_of_steps_of_every_size(scale: float) -> None:
    W = torch.tensor([[[0.6, 0.8], [-0.8, 0.6]]]) * scale
    trajectory = linear(W, steps=6)
    still = replace(trajectory, inputs=torch.zeros_like(trajectory.inputs))
    assert lyapunov_exponent(still).item() == pytest.approx(math.log(scale), rel=1e-6)


def test_half_lives_of_gates_that_are_all_but_shut() -> None:
    exact = clamped("lstm", {"f": 1e-18, "i": 0.5, "o": 0.5}, steps=20)
    weights = {name: value.float() for name, value in exact.weights.named().items()}
    trajectory = Trajectory(exact.cell, Weights(**weights), exact.inputs.float())
    expected = [-math.log(2) / math.log(f) for f in (1e-18, 1e-36)]
    assert theoretical_half_life(trajectory).tolist() == pytest.approx(expected, rel=1e-4)
    assert lyapunov_exponent(trajectory).tolist() == pytest.approx(
        [math.log(1e-18), math.log(1e-36)], rel=1e-4
    )


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e12, 1e22, 1e34])
def test_the_regulariser_does_not_depend_on_the_size_of_the_gradient(scale: float) -> None:
    value, gradient = regulariser(scale, torch.float32)
    expected, slope = regulariser(1.0, torch.float64)
    torch.testing.assert_close(value.double(), expected, rtol=1e-4, atol=0)
    torch.testing.assert_close(gradient.double(), slope, rtol=1e-3, atol=1e-5)


def regulariser(scale: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Ω and its derivative, where the loss is scaled."""
    cell = make_cell("rnn:omega=2")
    assert isinstance(cell, RNN)
    source = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return 0.3 * torch.randn(*shape, dtype=torch.float64, generator=source).to(dtype)

    named = {name: normal(1, *shape).requires_grad_() for name, shape in cell.shapes(2, 4).items()}
    recurrence = AutogradUnrolled(cell, Schedule((5,)), 2, 4, 3, dtype)
    recurrence.set_inputs(0, normal(5, 2, 3))
    loss = recurrence.hidden_states(Weights(**named), 1).square().mean() * scale
    torch.autograd.grad(loss, list(named.values()))
    return omega(cell, named["W_h"][0].detach(), _Pass(recurrence, 0, torch.zeros(0)))


@pytest.mark.parametrize("scale", SCALES)
def test_probes_read_states_of_every_size(scale: float) -> None:
    model = random_model("gru", "recall")
    batches = model.for_fitting(200), model.held_out(200)
    unscaled, scaled = (
        probe_curve(model, *((batch, states(batch, size)) for batch in batches))
        for size in (1.0, scale)
    )
    assert (unscaled["accuracy"] == 1).all()
    assert (scaled["accuracy"] == 1).all()


def states(batch: object, scale: float) -> list[State]:
    """The answer as a one-hot column of this size, at both of two steps."""
    answers = torch.from_numpy(batch.targets[-1])  # type: ignore[attr-defined]
    h = scale * torch.nn.functional.one_hot(answers, 5).T[None].float()
    return [(torch.zeros_like(h),), (h,), (h,)]
