"""Summaries of the tables, and which rows and models count in what."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from models.analysis.statistics import (
    clipped_share,
    latest,
    result_table,
    steps_to_solve,
    summarise,
    summarise_generalisation,
    trained,
)
from tests.models.tables import table

# The latest rows.


def test_latest_is_the_last_step_of_each_model_whatever_the_order() -> None:
    rows = table(
        "accuracy",
        {"seed": 0, "step": 50, "accuracy": 0.9},
        {"seed": 1, "step": 25, "accuracy": 0.3},
        {"seed": 0, "step": 25, "accuracy": 0.4},
        {"seed": 1, "step": 0, "accuracy": 0.2},
    )
    found = latest(rows)
    assert found[["seed", "step", "accuracy"]].to_numpy().tolist() == [[0, 50, 0.9], [1, 25, 0.3]]


@pytest.mark.parametrize("column", ["run", "cell", "length", "seed", "learning_rate"])
def test_latest_keeps_models_apart_by_every_part_of_their_identity(column: str) -> None:
    other = {"run": "other", "cell": "gru", "length": 50, "seed": 1, "learning_rate": 0.1}
    rows = table("accuracy", {"step": 50}, {"step": 25, column: other[column]})
    assert len(latest(rows)) == 2


def test_latest_needs_no_run_column() -> None:
    rows = table("accuracy", {"step": 0}, {"step": 25}).drop(columns="run")
    assert latest(rows)["step"].tolist() == [25]


# Summaries.


def test_summary_of_one_place_by_hand() -> None:
    rows = table(
        "accuracy",
        {"seed": 0, "accuracy": 0.60, "loss": 0.5, "solved": False},
        {"seed": 1, "accuracy": 0.62, "loss": 0.7, "solved": True},
        {"seed": 2, "accuracy": 0.64, "loss": 0.9, "solved": True},
        {"seed": 0, "step": 0, "accuracy": 0.1, "diverged": True},
    )
    (row,) = summarise(rows).to_dict("records")
    half = stats.t.ppf(0.975, 2) * 0.02 / math.sqrt(3)
    solved = stats.binomtest(2, 3).proportion_ci(method="exact")
    assert row == {
        "cell": "rnn",
        "length": 20,
        "mean": pytest.approx(0.62),
        "low": pytest.approx(0.62 - half),
        "high": pytest.approx(0.62 + half),
        "mean_loss": pytest.approx(0.7),
        "seeds": 3,
        "solved": 2,
        "solved_low": pytest.approx(solved.low),
        "solved_high": pytest.approx(solved.high),
        "diverged": 0,
        "chance_accuracy": 0.25,
        "chance_loss": pytest.approx(math.log(4)),
    }


@pytest.mark.filterwarnings("error")
def test_one_seed_has_no_interval_of_the_mean_but_one_of_the_share() -> None:
    (row,) = summarise(table("accuracy", {"solved": True})).to_dict("records")
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])
    assert (row["solved_low"], row["solved_high"]) == pytest.approx((0.025, 1))


def test_intervals_stay_within_what_an_accuracy_can_be() -> None:
    rows = table("accuracy", {"seed": 0, "accuracy": 0.05}, {"seed": 1, "accuracy": 0.95})
    (row,) = summarise(rows).to_dict("records")
    assert (row["low"], row["high"]) == (0, 1)


def test_a_diverged_model_counts_with_its_accuracy_but_not_with_its_loss() -> None:
    rows = table(
        "accuracy",
        {"seed": 0, "accuracy": 0.9, "loss": 0.3},
        {"seed": 1, "accuracy": 0.3, "loss": math.nan, "diverged": True},
        {"seed": 2, "accuracy": 0.3, "loss": math.inf, "diverged": True},
    )
    (row,) = summarise(rows).to_dict("records")
    assert row["mean"] == pytest.approx(0.5)
    assert row["mean_loss"] == pytest.approx(0.3)
    assert (row["diverged"], row["seeds"]) == (2, 3)


def test_mean_loss_is_unknown_where_no_loss_is_finite() -> None:
    (row,) = summarise(table("accuracy", {"loss": math.inf})).to_dict("records")
    assert math.isnan(row["mean_loss"])


def test_cells_stay_in_their_order_and_lengths_ascend() -> None:
    places = [("rnn", 50), ("gru", 100), ("rnn", 20), ("gru", 50), ("lstm", 20)]
    rows = [{"cell": cell, "length": length, "accuracy": length / 100} for cell, length in places]
    summary = summarise(table("accuracy", *rows))
    expected = [("rnn", 20), ("rnn", 50), ("gru", 50), ("gru", 100), ("lstm", 20)]
    assert list(zip(summary["cell"], summary["length"], strict=True)) == expected
    assert summary["mean"].tolist() == [length / 100 for _, length in expected]


def test_chance_belongs_to_the_length() -> None:
    rows = [{"length": length, "chance_accuracy": 1 / length} for length in (10, 20)]
    assert summarise(table("accuracy", *rows))["chance_accuracy"].tolist() == [0.1, 0.05]


def test_generalisation_has_one_row_a_trained_and_tested_length() -> None:
    rows = [
        {"length": length, "test_length": tested, "seed": seed, "accuracy": tested / 1000 + seed}
        for length in (20, 50)
        for tested in (200, 100)
        for seed in (0, 0.5)
    ]
    summary = summarise_generalisation(table("generalisation", *rows))
    keys = list(zip(summary["length"], summary["test_length"], strict=True))
    assert keys == [(20, 100), (20, 200), (50, 100), (50, 200)]
    assert summary["mean"].tolist() == pytest.approx([0.35, 0.45, 0.35, 0.45])
    assert summary["seeds"].tolist() == [2, 2, 2, 2]
    assert summary["chance_accuracy"].tolist() == [0.25] * 4


# Steps.


def test_steps_to_solve_is_the_first_step_solved_even_if_it_is_lost_again() -> None:
    rows = table(
        "accuracy",
        {"seed": 0, "step": 75, "solved": True},
        {"seed": 0, "step": 50, "solved": False},
        {"seed": 0, "step": 25, "solved": True},
        {"seed": 0, "step": 0, "solved": False},
        {"seed": 1, "step": 75, "solved": False},
    )
    found = steps_to_solve(rows).set_index("seed")["step"]
    assert found[0] == 25
    assert math.isnan(found[1])


def test_steps_to_solve_where_nobody_has_solved_names_every_model() -> None:
    rows = table("accuracy", *[{"seed": seed, "step": step} for seed in (0, 1) for step in (0, 25)])
    found = steps_to_solve(rows)
    assert found["seed"].tolist() == [0, 1]
    assert found["step"].isna().all()


def test_the_result_table_has_the_median_steps_of_those_that_solved() -> None:
    solved = {0: 25, 1: 75, 2: None}
    rows = table(
        "accuracy",
        *[
            {"length": length, "seed": seed, "step": step, "solved": length == 20 and step == first}
            for length in (20, 50)
            for seed, first in solved.items()
            for step in (0, 25, 50, 75)
        ],
    )
    found = result_table(rows).set_index("length")
    assert found["steps_to_solve"].tolist() == pytest.approx([50, math.nan], nan_ok=True)
    assert found["mean"].tolist() == summarise(rows)["mean"].tolist()


def test_the_result_table_says_which_learning_rate_is_shown() -> None:
    rows = table(
        "accuracy",
        {"length": 20, "learning_rate": 0.01},
        {"length": 50, "learning_rate": 0.003},
        {"length": 50, "learning_rate": 0.003, "seed": 1},
    )
    assert result_table(rows)["learning_rate"].tolist() == [0.01, 0.003]


def test_a_cell_is_trained_when_all_of_its_models_are() -> None:
    rows = table(
        "accuracy",
        *[
            {"cell": cell, "length": length, "step": step}
            for cell, lengths in {"rnn": (20, 50), "gru": (20,)}.items()
            for length in (20, 50)
            for step in ((0, 25) if length in lengths else (0,))
        ],
    )
    assert set(trained(rows)["cell"]) == {"rnn"}
    assert trained(rows.iloc[:0]).empty


def test_clipped_share_is_of_all_steps_that_were_taken() -> None:
    clipped = {0: (True, False, False, True), 1: (False, False), 2: (True,)}
    rows = [
        {"seed": seed, "step": step, "clipped": flag}
        for seed, flags in clipped.items()
        for step, flag in enumerate(flags, start=1)
    ]
    found = clipped_share(table("training", *rows))
    assert found.to_dict() == {"rnn": 3 / 7}
