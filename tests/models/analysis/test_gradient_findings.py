"""Findings of gradients at initialisation, and the form of all findings together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from models.analysis.findings import findings
from models.experiment import Experiment
from tests.models.tables import CHANCES, FALLS, SOLVED, Curve, accuracies, profile, table

Powers = Mapping[str, Sequence[float]]
"""log10 of the gradient norm at the first step over that at the last, of each seed, by cell."""


def experiment(steps: int = 400, seeds: int = 3) -> Experiment:
    return Experiment(cells=("rnn", "lstm", "gru"), lengths=(20, 80), steps=steps, seeds=seeds)


def profiles(powers: Powers, length: int = 10, **more: object) -> pd.DataFrame:
    """Gradient norms that are 1 at the last step and shrink by a constant factor before it.

    At the first step they are 10 to these powers.
    """
    rows = [
        row
        for cell, seeds in powers.items()
        for seed, power in enumerate(seeds)
        for row in profile(10 ** np.linspace(power, 0, length), cell=cell, seed=seed, **more)
    ]
    return table("gradients", *rows)


def at_initialisation(gradients: pd.DataFrame) -> str:
    """What is said about them, after the sentence about the models."""
    initialisation = "Nothing was trained: these are the models at initialisation."
    text = findings(experiment(steps=0), accuracies({}), gradients)
    assert text.startswith(initialisation)
    return text.removeprefix(initialisation).strip()


def test_gradients_at_initialisation_name_the_least_and_the_most() -> None:
    text = at_initialisation(profiles({"lstm": [-3] * 2, "rnn": [-12] * 2, "gru": [-2] * 2}))
    assert text == (
        "Before training, the gradient norm at the first step of sequences of length 10 is about"
        " 10⁻¹² times that at the last step for the RNN and about 10⁻² for the GRU, 10 orders"
        " of magnitude apart."
    )


def test_a_gradient_may_grow() -> None:
    text = at_initialisation(profiles({"rnn": [2], "gru": [1]}))
    assert text.endswith(
        "is about 10 times that at the last step for the GRU and about 100 for the RNN, "
        "10 times as much."
    )


def test_gradients_of_a_single_cell_are_not_compared() -> None:
    text = at_initialisation(profiles({"rnn": [-5]}))
    assert text.endswith(" is about 10⁻⁵ times that at the last step for the RNN.")


def test_gradients_less_than_half_an_order_apart_are_about_the_same() -> None:
    text = at_initialisation(profiles({"rnn": [-3.2], "gru": [-2.8]}))
    assert text.endswith(" for the RNN, and about the same for every cell.")


def test_of_several_seeds_the_median_power_is_shown() -> None:
    assert "about 10⁻⁶ times" in at_initialisation(profiles({"rnn": [-2, -10]}))
    assert "about 10⁻⁴ times" in at_initialisation(profiles({"rnn": [-2, -30, -4]}))


def test_a_gradient_that_has_become_0_is_at_most_the_smallest_float32() -> None:
    gradients = profiles({"rnn": [-5], "gru": [-8]})
    gradients.loc[(gradients["cell"] == "rnn") & (gradients["t"] < 5), "gradient_norm"] = 0.0
    assert at_initialisation(gradients).endswith(
        " is at most 10⁻³⁸ times that at the last step for the RNN and about 10⁻⁸ for the GRU, at"
        " least 30 orders of magnitude apart."
    )


@pytest.mark.parametrize("last", [0.0, math.nan])
def test_a_cell_without_a_gradient_at_the_last_step_is_not_measurable(last: float) -> None:
    gradients = profiles({"rnn": [-5], "gru": [-8]})
    gradients.loc[(gradients["cell"] == "rnn") & (gradients["t"] == 10), "gradient_norm"] = last
    text = at_initialisation(gradients)
    assert text.endswith(
        "about 10⁻⁸ times that at the last step for the GRU; the gradient could not be measured "
        "for the RNN."
    )


@pytest.mark.parametrize("first", [math.inf, math.nan])
def test_a_gradient_that_overflows_on_its_way_back_is_named(first: float) -> None:
    gradients = profiles({"rnn": [3], "gru": [8], "lstm": [1]})
    gradients.loc[(gradients["cell"] == "rnn") & (gradients["t"] < 4), "gradient_norm"] = first
    assert at_initialisation(gradients).endswith(
        "and about 10⁸ for the GRU, 7 orders of magnitude apart; the gradient overflows in"
        " back-propagation for the RNN."
    )
    alone = at_initialisation(gradients[gradients["cell"] == "rnn"])
    assert alone == "Before training, the gradient overflows in back-propagation for the RNN."


def test_only_the_hidden_state_at_initialisation_at_the_longest_length_is_described() -> None:
    gradients = pd.concat(
        [
            profiles({"lstm": [-4]}, length=20),
            profiles({"lstm": [-7]}, length=20, step=400),
            profiles({"lstm": [-9, -9]}, length=20, state="c"),
            profiles({"lstm": [-1]}, length=10),
        ]
    )
    text = at_initialisation(gradients)
    assert "sequences of length 20 is about 10⁻⁴ times that" in text
    assert text.count("10⁻") == 1


def test_the_order_of_the_rows_of_a_profile_does_not_matter() -> None:
    gradients = profiles({"rnn": [-12], "gru": [-2]})
    assert "about 10⁻¹² times" in at_initialisation(gradients.sample(frac=1, random_state=0))


@pytest.mark.parametrize("gradients", [profiles({}), profiles({"rnn": [-5]}, step=400), None])
def test_without_gradients_at_initialisation_they_are_not_mentioned_them(
    gradients: pd.DataFrame | None,
) -> None:
    text = findings(experiment(), accuracies({"rnn": SOLVED}), gradients)
    assert text == "After 400 steps every model has solved the task at every length up to 80."


@pytest.mark.parametrize("curve", [SOLVED, FALLS, CHANCES])
@pytest.mark.parametrize("step", [0, 25, 400])
def test_one_to_three_sentences_that_start_with_a_capital(curve: Curve, step: int) -> None:
    gradients = profiles({"rnn": [-12], "gru": [-2]})
    text = findings(experiment(), accuracies({"rnn": curve, "gru": curve}, step=step), gradients)
    sentences = text.removesuffix(".").split(". ")
    assert 1 <= len(sentences) <= 3
    assert all(sentence[0].isupper() for sentence in sentences)
    assert text.endswith(".")
    assert "nan" not in text
