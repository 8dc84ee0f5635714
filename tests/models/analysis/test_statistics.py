"""Summaries: the intervals, the choice of the learning rate, and who counts in what."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models.analysis.schema import TABLES
from models.analysis.statistics import (
    clipped_share,
    clopper_pearson,
    latest,
    result_table,
    select_learning_rate,
    steps_to_solve,
    student,
    summarise,
    summarise_generalisation,
    trained,
)

MODEL = {
    "run": "made-up",
    "task": "temporal_order",
    "cell": "rnn",
    "length": 20,
    "seed": 0,
    "learning_rate": 0.01,
}
DEFAULTS = MODEL | {
    "step": 100,
    "accuracy": 0.5,
    "loss": 1.0,
    "chance_accuracy": 0.25,
    "chance_loss": math.log(4),
    "sequences": 256,
    "solved": False,
    "diverged": False,
    "test_length": 20,
    "gradient_norm": 1.0,
    "clipped": False,
}


def table(name: str, *rows: Mapping[str, object]) -> pd.DataFrame:
    """Rows of which a test names only what it is about."""
    return pd.DataFrame([{**DEFAULTS, **row} for row in rows], columns=list(TABLES[name]))


def scores(name: str, rates: dict[float, float], **more: object) -> pd.DataFrame:
    """The same accuracy for two seeds of every learning rate."""
    rows = [
        {"learning_rate": rate, "accuracy": accuracy, "seed": seed, **more}
        for rate, accuracy in rates.items()
        for seed in (0, 1)
    ]
    return table(name, *rows)


def chosen(accuracy: pd.DataFrame, validation: pd.DataFrame) -> set[tuple[str, int, float]]:
    selected = select_learning_rate(accuracy, validation)
    return {
        (str(cell), int(length), float(rate))
        for cell, length, rate in selected[["cell", "length", "learning_rate"]].to_numpy()
    }


# Counts.


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 3), (1, 3), (3, 3), (7, 20), (250, 256)])
def test_clopper_pearson_is_the_exact_interval_of_scipy(k: int, n: int) -> None:
    exact = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    low, high = clopper_pearson(k, n)
    assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-12)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_clopper_pearson_of_none_and_all_has_a_closed_form(n: int) -> None:
    low, high = clopper_pearson([0, n], [n, n])
    assert low == pytest.approx([0, 0.025 ** (1 / n)])
    assert high == pytest.approx([1 - 0.025 ** (1 / n), 1])


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12])
def test_clopper_pearson_covers_every_share_at_least_95_percent_of_the_time(n: int) -> None:
    successes = np.arange(n + 1)
    low, high = clopper_pearson(successes, np.full(n + 1, n))
    share = np.linspace(0, 1, 401)[:, None]
    inside = (low <= share) & (share <= high)
    coverage = (stats.binom.pmf(successes, n, share) * inside).sum(axis=1)
    assert coverage.min() >= 0.95 - 1e-9


# Means.


def test_student_is_the_t_interval_of_scipy() -> None:
    values = np.array([0.31, 0.42, 0.38, 0.55])
    low, high = student(values.mean(), values.std(ddof=1), len(values))
    expected = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (float(low), float(high)) == pytest.approx(expected)


def test_student_of_two_values_by_hand() -> None:
    # t(1; 97.5 %) = tan(0.475 π) = 12.706; deviation / √2 is half the distance.
    low, high = student(0.5, 0.02 / math.sqrt(2), 2)
    half = math.tan(0.475 * math.pi) * 0.01
    assert (float(low), float(high)) == pytest.approx((0.5 - half, 0.5 + half))


def test_student_of_one_value_is_unknown() -> None:
    low, high = student([0.5, 0.5], [np.nan, 0.1], [1, 3])
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


@pytest.mark.parametrize("seeds", [2, 3, 8])
def test_student_covers_the_true_mean_95_percent_of_the_time(seeds: int) -> None:
    trials = 20_000
    values = np.random.default_rng(0).normal(0.6, 0.1, (trials, seeds))
    low, high = student(values.mean(1), values.std(1, ddof=1), np.full(trials, seeds))
    coverage = ((low <= 0.6) & (high >= 0.6)).mean()
    # Four standard errors of a share among so many trials.
    assert coverage == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / trials))


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


# The choice of the learning rate.


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


def test_clipped_share_is_of_the_steps_of_each_model() -> None:
    clipped = {0: (True, False, False, True), 1: (False, False), 2: (True,)}
    rows = [
        {"seed": seed, "step": step, "clipped": flag}
        for seed, flags in clipped.items()
        for step, flag in enumerate(flags, start=1)
    ]
    found = clipped_share(table("training", *rows))
    assert found.set_index("seed")["clipped"].to_dict() == {0: 0.5, 1: 0.0, 2: 1.0}
