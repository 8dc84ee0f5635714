"""The fit of the psychometric curve: against psignifit, against symmetry, at its extremes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest

from models.analysis.psychometric import LAPSE, REACH, SLOPES, Posterior, fit

LENGTHS = np.array([20.0, 50, 100, 200])


def fitted(remember: Sequence[int], models: int, lengths: np.ndarray = LENGTHS) -> Posterior:
    return fit(lengths, np.array(remember, float), np.full(len(lengths), float(models)))


def spans(posterior: Posterior, *probabilities: float) -> np.ndarray:
    found: np.ndarray = np.exp(posterior.quantile(probabilities))
    return found


@pytest.mark.parametrize("remember", [(5, 4, 1, 0), (5, 5, 2, 0), (5, 3, 0, 0), (4, 5, 5, 1)])
def test_it_agrees_with_psignifit(remember: Sequence[int]) -> None:
    psignifit = pytest.importorskip("psignifit")
    width = 2 * np.log(19)  # psignifit's, from 5 to 95 %, in units of s
    steps = np.log(LENGTHS)
    bounds = (-steps[-1] - np.log(REACH), -steps[0] + np.log(REACH))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few models, and a posterior that ends with its prior
        result = psignifit.psignifit(
            np.column_stack([-steps, remember, [5] * 4]),
            sigmoid="logistic",
            experiment_type="yes/no",
            fixed_parameters={"gamma": 0.0, "eta": 0.0},
            bounds={
                "threshold": bounds,
                "width": (SLOPES[0] * width, SLOPES[1] * width),
                "lambda": (0.0, LAPSE),
            },
            priors=dict.fromkeys(("threshold", "lambda", "gamma", "eta"), np.ones_like)
            | {"width": np.reciprocal},
            grid_steps={"threshold": 150, "width": 300, "lambda": 6},
            confP=(0.96, 0.9, 0.5),
        )
    posterior = fitted(remember, 5)
    for share, (low, high) in result.confidence_intervals["threshold"].items():
        tail = (1 - float(share)) / 2
        found = spans(posterior, tail, 1 - tail)
        assert found == pytest.approx(np.exp([-high, -low]), rel=0.025)


def test_its_mass_is_one_and_its_quantiles_ascend() -> None:
    posterior = fitted((3, 2, 1, 0), 3)
    assert posterior.mass.sum() == pytest.approx(1)
    assert (np.diff(posterior.quantile(np.linspace(0.001, 0.999, 99))) > 0).all()


def test_quantiles_of_an_even_posterior_are_known() -> None:
    even = Posterior(np.array([0.5, 1.5, 2.5, 3.5]), np.full(4, 0.25), np.array(0.0))
    assert even.quantile([0, 0.1, 0.25, 0.5, 1]) == pytest.approx([0, 0.4, 1, 2, 4])


def test_several_cells_at_once_are_as_each_by_itself() -> None:
    remember = np.array([[3.0, 3, 0, 0], [3, 1, 0, 0], [0, 0, 0, 0]])
    together = fit(LENGTHS, remember, np.full((3, 4), 3.0))
    for row, counts in enumerate(remember):
        assert together.mass[row] == pytest.approx(fit(LENGTHS, counts, np.full(4, 3.0)).mass)


def test_without_lapses_what_is_turned_round_is_the_mirror_image() -> None:
    # Lapses are all that makes the two sides different, and they say little here.
    lengths = np.array([10.0, 20, 40, 80])
    low, high = (fitted(counts, 3, lengths) for counts in ((3, 0, 0, 0), (3, 3, 3, 0)))
    assert spans(low, 0.5)[0] * spans(high, 0.5)[0] == pytest.approx(10 * 80, rel=0.03)


def test_longer_lengths_in_proportion_give_a_longer_span_in_proportion() -> None:
    short, long = fitted((3, 2, 1, 0), 3), fitted((3, 2, 1, 0), 3, 7 * LENGTHS)
    assert spans(long, 0.1, 0.5, 0.9) == pytest.approx(7 * spans(short, 0.1, 0.5, 0.9))


def test_many_models_find_the_true_span_whatever_lapses() -> None:
    lengths = np.geomspace(10, 1000, 9)
    for true in (30, 100, 300):
        for lapse in (0, 0.08):
            share = (1 - lapse) / (1 + (lengths / true) ** (1 / 0.2))
            posterior = fit(lengths, 1000 * share, np.full(9, 1000.0))
            assert spans(posterior, 0.5)[0] == pytest.approx(true, rel=0.02)


def test_no_count_is_too_large_and_no_length_too_far() -> None:
    posterior = fit(np.array([2.0, 1e5]), np.array([1e5, 0]), np.array([1e5, 1e5]))
    assert np.isfinite(posterior.mass).all()
    assert 2 < spans(posterior, 0.5)[0] < 1e5
