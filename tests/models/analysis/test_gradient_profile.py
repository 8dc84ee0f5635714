"""Half-lives and horizons of profiles with closed forms, and in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.analysis.gradient_profile import gradient_horizon, half_life, half_life_words


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


def test_words() -> None:
    words = {
        12.2: "halves every 12 steps",
        -4.96: "doubles every 5 steps",
        1.02: "halves every step",
        0.48: "halves every 0.5 steps",
        math.inf: "level",
        math.nan: "not measurable",
    }
    assert {life: half_life_words(life) for life in words} == words


def test_gradient_horizon() -> None:
    assert gradient_horizon(profile(0.5, 50)) == 6
    assert gradient_horizon(profile(1.0, 50)) == 49
    assert gradient_horizon(profile(1.5, 50)) == 49
    assert gradient_horizon(np.array([1.0, 1.0, 0.001, 1.0, 1.0])) == 1
    assert gradient_horizon(np.array([1.0, np.nan, 1.0])) == 0
    assert gradient_horizon(np.array([np.inf, 1.0])) == 1
    for last in (0.0, np.nan):
        assert gradient_horizon(np.array([1.0, 1.0, last])) == 0
