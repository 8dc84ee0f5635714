"""What a cell keeps at the start, against its own initial weights and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.analysis.kept_at_start import POINTS, kept_at_start
from models.cells import make_cell
from models.cells.draw import Draw

T = 60


def shares(cell: str, steps: int = T) -> dict[int, float]:
    kept = kept_at_start(cell, steps)
    assert kept is not None
    return dict(zip(kept["lag"], kept["share"], strict=True))


@pytest.mark.parametrize("bias", ["0", "1", "chrono"])
def test_a_gate_keeps_what_its_initial_bias_lets_through(bias: str) -> None:
    hidden = 4000
    cell = make_cell(f"lstm:bias={bias}")
    b = cell.initial_bias(Draw(seed=1), hidden, T)["f"]
    f = torch.as_tensor(b, dtype=torch.float64).sigmoid().numpy()
    expected = {lag: float((f**lag).mean()) for lag in (0, 1, 10, T)}
    found = shares(f"lstm:bias={bias}")
    assert {lag: found[lag] for lag in expected} == pytest.approx(expected, abs=0.02)


def test_an_lstm_without_a_forget_gate_keeps_everything() -> None:
    assert set(shares("lstm:forget_gate=no").values()) == {1.0}


@pytest.mark.parametrize("init", ["orthogonal", "identity", "pytorch"])
def test_a_simple_network_keeps_the_radius_of_its_weights(init: str) -> None:
    w = make_cell(f"rnn:gain=0.9,init={init}").initial_weights(Draw(seed=2), 3, 400, T)
    radius = np.abs(np.linalg.eigvals(w.W_h.numpy())).max()
    found = shares(f"rnn:gain=0.9,init={init}")
    assert found[10] == pytest.approx(radius**10, rel=0.5 if init == "pytorch" else 1e-5)


def test_what_is_normalised_has_no_curve() -> None:
    assert kept_at_start("lstm:norm=layer", T) is None


def test_a_long_curve_has_few_points_and_both_ends() -> None:
    found = shares("gru:bias=chrono", 100_000)
    assert len(found) == POINTS
    assert (min(found), max(found)) == (0, 100_000)
    # (u/(1 + u))^T is exp(-T/u); the mean of exp(-1/x) over x from 0 to 1 is 1/e - E₁(1).
    assert found[100_000] == pytest.approx(0.1485, abs=0.002)
