"""Shares near the ends of the range, against values that are set."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from models.cells import make_cell
from models.diagnostics.saturation import gate_means, gate_spreads, saturation
from tests.models.diagnostics.trajectories import ACTIVATIONS, HIDDEN, STATES, clamped, random


@pytest.mark.parametrize("name", [*STATES, *ACTIVATIONS])
def test_what_is_measured(name: str) -> None:
    trajectory = random(name)
    assert set(saturation(trajectory)) == {*make_cell(name).gates, "h"}
    assert set(gate_means(trajectory)) == set(make_cell(name).gates[:-1])
    for share in saturation(trajectory).values():
        assert share.shape == (2,)
        assert ((share >= 0) & (share <= 1)).all()


def test_clamped_gates() -> None:
    # The second model's gates are these squared: 0.922, 0.01 and 0.36.
    trajectory = clamped("lstm", {"f": 0.96, "i": 0.1, "o": 0.6}, steps=4)
    shares = {gate: share.tolist() for gate, share in saturation(trajectory).items()}
    assert shares == {"f": [1, 0], "i": [0, 1], "o": [0, 0], "g": [0, 0], "h": [0, 0]}
    torch.testing.assert_close(gate_means(trajectory)["i"], torch.tensor([0.1, 0.01]).double())


@pytest.mark.parametrize(
    ("name", "ends"), [("rnn", (-9.0, 9.0)), ("rnn:activation=sigmoid", (-9.0, 9.0))]
)
def test_share_of_units(name: str, ends: tuple[float, float]) -> None:
    trajectory = clamped(name, {}, steps=4)
    b = trajectory.weights.b.clone()
    b[0, 0], b[0, 1] = ends
    pushed = replace(trajectory, weights=replace(trajectory.weights, b=b))
    assert saturation(pushed)["h"].tolist() == [pytest.approx(2 / HIDDEN), 0]


def test_dead_units_of_relu() -> None:
    trajectory = clamped("rnn:activation=relu", {}, steps=4)
    weights = {name: value.clone() for name, value in trajectory.weights.named().items()}
    weights["b"][:] = 1
    weights["b"][0, 0] = -1  # dead
    weights["b"][1, 0], weights["W_x"][1, 0, 0] = -1, 2  # at 0 but once
    x = trajectory.inputs.clone()
    x[2, :, :, 0] = 1
    x = torch.where(x == 0, 0.0, x)
    pushed = replace(trajectory, weights=replace(trajectory.weights, **weights), inputs=x)
    assert saturation(pushed)["h"].tolist() == [pytest.approx(1 / HIDDEN), 0]


def test_the_spread_of_a_gate_is_that_of_its_units() -> None:
    trajectory = clamped("lstm", {"f": 0.5}, steps=4, hidden=4)
    torch.testing.assert_close(gate_spreads(trajectory)["f"], torch.zeros(2).double())
    b = trajectory.weights.b.clone()
    b[0, 4:6] = math.log(3)  # f = 0.75 in half of the first model's units
    b[0, 6:8] = -math.log(3)  # and 0.25 in the others
    pushed = replace(trajectory, weights=replace(trajectory.weights, b=b))
    assert gate_spreads(pushed)["f"].tolist() == [pytest.approx(0.25), 0]


def test_values_that_are_not_finite_have_no_shares() -> None:
    trajectory = random("gru")
    weights = {name: value.clone() for name, value in trajectory.weights.named().items()}
    weights["W_h"][1] = torch.nan
    sick = replace(trajectory, weights=replace(trajectory.weights, **weights))
    for share in (*saturation(sick).values(), *gate_means(sick).values()):
        assert share.isnan().tolist() == [False, True]
