"""The choice of the learning rate: by validation alone, and its ties."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from models.analysis.statistics import select_learning_rate
from tests.models.tables import table


def scores(name: str, rates: dict[float, float], **more: object) -> pd.DataFrame:
    """A table with an accuracy for each learning rate, the same for two seeds."""
    rows = [
        {"learning_rate": rate, "accuracy": accuracy, "seed": seed, **more}
        for rate, accuracy in rates.items()
        for seed in (0, 1)
    ]
    return table(name, *rows)


def chosen(accuracy: pd.DataFrame, validation: pd.DataFrame) -> set[tuple[str, int, float]]:
    """The cells, lengths and learning rates of the rows that are kept."""
    selected = select_learning_rate(accuracy, validation)
    return {
        (str(cell), int(length), float(rate))
        for cell, length, rate in selected[["cell", "length", "learning_rate"]].to_numpy()
    }


def test_the_rate_best_on_validation_wins_over_the_one_best_on_held_out() -> None:
    accuracy = scores("accuracy", {0.001: 0.5, 0.01: 0.99, 0.1: 0.6})
    validation = scores("validation", {0.001: 0.8, 0.01: 0.7, 0.1: 0.6})
    assert chosen(accuracy, validation) == {("rnn", 20, 0.001)}


def test_the_choice_does_not_depend_on_held_out_accuracy_at_all() -> None:
    rng = np.random.default_rng(0)
    validation = scores("validation", {0.001: 0.3, 0.01: 0.7, 0.1: 0.6})
    accuracy = scores("accuracy", {0.001: 0.0, 0.01: 0.0, 0.1: 0.0})
    for _ in range(20):
        shuffled = accuracy.assign(accuracy=rng.random(6), loss=rng.random(6))
        assert chosen(shuffled, validation) == {("rnn", 20, 0.01)}


def test_each_cell_and_length_has_its_own_rate() -> None:
    best = {("rnn", 20): 0.1, ("rnn", 50): 0.01, ("gru", 20): 0.01, ("gru", 50): 0.1}
    accuracy = pd.concat(
        scores("accuracy", {0.01: 0.5, 0.1: 0.5}, cell=cell, length=length) for cell, length in best
    )
    validation = pd.concat(
        scores(
            "validation",
            {rate: 0.9 if rate == winner else 0.3 for rate in (0.01, 0.1)},
            cell=cell,
            length=length,
        )
        for (cell, length), winner in best.items()
    )
    assert chosen(accuracy, validation) == {(*key, rate) for key, rate in best.items()}
    assert len(select_learning_rate(accuracy, validation)) == 8


def test_all_seeds_and_steps_of_the_chosen_rate_stay_as_they_were() -> None:
    accuracy = pd.concat(
        [scores("accuracy", {0.1: 0.2, 0.01: 0.4}, step=step) for step in (0, 25)],
        ignore_index=True,
    )
    selected = select_learning_rate(accuracy, scores("validation", {0.01: 0.5, 0.1: 0.9}))
    pd.testing.assert_frame_equal(selected, accuracy[accuracy["learning_rate"] == 0.1])


def test_validation_is_averaged_over_seeds() -> None:
    validation = table(
        "validation",
        {"learning_rate": 0.01, "seed": 0, "accuracy": 1.0},
        {"learning_rate": 0.01, "seed": 1, "accuracy": 0.2},
        {"learning_rate": 0.1, "seed": 0, "accuracy": 0.7},
        {"learning_rate": 0.1, "seed": 1, "accuracy": 0.7},
    )
    assert chosen(scores("accuracy", {0.01: 0.5, 0.1: 0.5}), validation) == {("rnn", 20, 0.1)}


def test_only_the_latest_validation_counts() -> None:
    early = scores("validation", {0.01: 0.3, 0.1: 0.9}, step=25)
    late = scores("validation", {0.01: 0.8, 0.1: 0.4}, step=50)
    accuracy = scores("accuracy", {0.01: 0.5, 0.1: 0.5})
    assert chosen(accuracy, pd.concat([late, early])) == {("rnn", 20, 0.01)}


def test_equal_accuracy_is_decided_by_loss_and_equal_loss_by_the_smaller_rate() -> None:
    accuracy = scores("accuracy", {0.001: 0.5, 0.01: 0.5, 0.1: 0.5})
    losses = {0.1: 0.4, 0.01: 0.4, 0.001: 0.7}
    validation = pd.concat(
        scores("validation", {rate: 0.5}, loss=loss) for rate, loss in losses.items()
    )
    assert chosen(accuracy, validation) == {("rnn", 20, 0.01)}


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_diverged_seed_does_not_win_a_tie_against_finite_losses(loss: float) -> None:
    validation = table(
        "validation",
        {"learning_rate": 0.01, "seed": 0, "loss": 1.4},
        {"learning_rate": 0.01, "seed": 1, "loss": 1.4},
        {"learning_rate": 0.1, "seed": 0, "loss": 0.1},
        {"learning_rate": 0.1, "seed": 1, "loss": loss},
    )
    assert chosen(scores("accuracy", {0.01: 0.5, 0.1: 0.5}), validation) == {("rnn", 20, 0.01)}


def test_a_rate_without_a_validation_accuracy_never_wins() -> None:
    validation = table(
        "validation",
        {"learning_rate": 0.001, "accuracy": math.nan},
        {"learning_rate": 0.01, "accuracy": 0.26},
        {"learning_rate": 0.1, "accuracy": 0.99, "seed": 0},
        {"learning_rate": 0.1, "accuracy": math.nan, "seed": 1},
    )
    accuracy = scores("accuracy", {0.001: 0.99, 0.01: 0.3, 0.1: 0.99})
    assert chosen(accuracy, validation) == {("rnn", 20, 0.01)}


def test_where_every_rate_diverged_one_is_still_chosen() -> None:
    validation = scores("validation", {0.1: 0.25, 0.01: 0.25}, loss=math.nan)
    assert chosen(scores("accuracy", {0.01: 0.2, 0.1: 0.2}), validation) == {("rnn", 20, 0.01)}


def test_without_validation_rows_nothing_is_selected() -> None:
    accuracy = scores("accuracy", {0.01: 0.5, 0.1: 0.6})
    assert chosen(accuracy, table("validation")) == {("rnn", 20, 0.01), ("rnn", 20, 0.1)}
    others = scores("validation", {0.01: 0.9, 0.1: 0.1}, length=50)
    assert chosen(accuracy, others) == {("rnn", 20, 0.01), ("rnn", 20, 0.1)}
    assert select_learning_rate(table("accuracy"), others).empty


@pytest.mark.parametrize("name", ["training", "generalisation"])
def test_the_choice_applies_to_any_table_of_models(name: str) -> None:
    validation = scores("validation", {0.01: 0.2, 0.1: 0.9})
    assert chosen(scores(name, {0.01: 0.9, 0.1: 0.2}), validation) == {("rnn", 20, 0.1)}
