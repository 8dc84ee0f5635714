"""Findings: each sentence, and that none says more than the numbers do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from models.analysis.findings import findings
from models.analysis.memory_span import memory_spans
from models.analysis.schema import TABLES
from models.experiment import Experiment
from models.tasks import TASKS, make_task

Curve = Mapping[int, Sequence[float]]
"""Per length, the scaled score of each seed: 0 at chance, 1 where every answer is right."""
Powers = Mapping[str, Sequence[float]]
"""Per cell, log10 of the gradient norm at the first step over that at the last, of each seed."""
CHANCE = 0.25


def experiment(steps: int = 400, seeds: int = 3) -> Experiment:
    return Experiment(cells=("rnn", "lstm", "gru"), lengths=(20, 80), steps=steps, seeds=seeds)


def model(cell: str, length: int, seed: int) -> dict[str, object]:
    return {
        "run": "made-up",
        "task": "temporal_order",
        "cell": cell,
        "length": length,
        "seed": seed,
        "learning_rate": 0.01,
    }


def table(curves: Mapping[str, Curve], step: int = 400) -> pd.DataFrame:
    rows = [
        {
            **model(cell, length, seed),
            "step": step,
            "accuracy": CHANCE + (1 - CHANCE) * grade,
            "loss": 1.0,
            "chance_accuracy": CHANCE,
            "chance_loss": math.log(4),
            "sequences": 256,
            "solved": grade == 1,
            "diverged": False,
        }
        for cell, curve in curves.items()
        for length, grades in curve.items()
        for seed, grade in enumerate(grades)
    ]
    return pd.DataFrame(rows, columns=list(TABLES["accuracy"]))


def profiles(powers: Powers, length: int = 10, step: int = 0, state: str = "h") -> pd.DataFrame:
    """A gradient norm that is 1 at the last step and shrinks by a constant factor before it."""
    rows = [
        {
            **model(cell, length, seed),
            "step": step,
            "t": t,
            "state": state,
            "gradient_norm": 10 ** (power * (length - t) / (length - 1)),
        }
        for cell, seeds in powers.items()
        for seed, power in enumerate(seeds)
        for t in range(1, length + 1)
    ]
    return pd.DataFrame(rows, columns=list(TABLES["gradients"]))


def diverge(accuracy: pd.DataFrame, cell: str, length: int) -> pd.DataFrame:
    rows = (accuracy["cell"] == cell) & (accuracy["length"] == length)
    return accuracy.assign(diverged=rows)


SOLVED: Curve = {20: [1, 1, 1], 80: [1, 1, 1]}
FALLS: Curve = {20: [1, 1, 1], 80: [0, 0, 0]}
CHANCES: Curve = {20: [0, 0, 0], 80: [0, 0, 0]}


# Nothing to tell yet.


def test_without_training_steps_the_models_are_those_at_initialisation() -> None:
    told = findings(experiment(steps=0), table({"rnn": CHANCES}, step=0))
    assert told == "Nothing was trained: these are the models at initialisation."


@pytest.mark.parametrize(
    "accuracy", [table({}), table({"rnn": CHANCES}, step=0), table({"rnn": SOLVED}, step=0)]
)
def test_before_the_first_evaluation_after_training_it_is_too_early(accuracy: pd.DataFrame) -> None:
    told = findings(experiment(), accuracy)
    assert told.startswith("Too early to say: ")
    assert told.count(".") == 1


# All alike.


def test_all_solved() -> None:
    told = findings(experiment(), table({"rnn": SOLVED, "lstm": SOLVED}))
    assert told == ("After 400 steps every model has solved the task at every length up to 80.")


def test_one_seed_that_has_not_solved_is_not_all() -> None:
    told = findings(experiment(), table({"rnn": SOLVED, "lstm": {**SOLVED, 80: [1, 0.98, 1]}}))
    assert "every model" not in told
    assert told.endswith(
        ". Seeds that have solved length 80: 3 of 3 for the RNN and 2 of 3 for the LSTM."
    )


def test_all_at_chance() -> None:
    told = findings(experiment(), table({"rnn": CHANCES, "gru": CHANCES}))
    assert told == "After 400 steps every model is still at chance."


@pytest.mark.parametrize(("errors", "chance"), [(-6, True), (3.9, True), (4.1, False)])
def test_chance_is_up_to_four_standard_errors(errors: float, chance: bool) -> None:
    accuracy = table({"rnn": CHANCES})
    error = math.sqrt(0.25 * 0.75 / 256)
    accuracy.loc[0, "accuracy"] = CHANCE + errors * error
    assert ("every model is still at chance" in findings(experiment(), accuracy)) is chance


def test_more_held_out_sequences_tell_smaller_scores_from_chance() -> None:
    accuracy = table({"rnn": {20: [0.1], 80: [0.1]}})
    assert "still at chance" in findings(experiment(), accuracy)
    assert "still at chance" not in findings(experiment(), accuracy.assign(sequences=4096))


def test_what_was_good_once_and_is_lost_does_not_count() -> None:
    accuracy = pd.concat([table({"rnn": CHANCES}), table({"rnn": SOLVED}, step=375)])
    assert findings(experiment(), accuracy) == "After 400 steps every model is still at chance."


def test_a_run_that_is_not_done_says_how_far_it_is() -> None:
    accuracy = pd.concat([table({"rnn": CHANCES}, step=75), table({"gru": CHANCES}, step=50)])
    told = findings(experiment(), accuracy)
    assert told == "So far (step 62 of 400) every model is still at chance."


# Memory spans.


def test_partly_solved() -> None:
    told = findings(experiment(), table({"rnn": FALLS, "lstm": SOLVED, "gru": SOLVED}))
    assert told == (
        "After 400 steps the memory span is 40 for the RNN, > 80 for the LSTM and > 80 for the GRU;"
        " the RNN gives up first. Seeds that have solved length 80: 3 of 3 for the LSTM and 3 of 3"
        " for the GRU, none for the others."
    )


def test_the_interval_is_told_where_it_says_more_than_the_span() -> None:
    told = findings(experiment(), table({"rnn": {20: [1, 1], 80: [0, 0.4]}, "gru": SOLVED}))
    assert "memory span is 48 (40–63) for the RNN and > 80 for the GRU;" in told


def test_the_cell_that_gives_up_first_need_not_be_the_first() -> None:
    told = findings(experiment(), table({"lstm": SOLVED, "gru": SOLVED, "rnn": FALLS}))
    assert "; the RNN gives up first." in told


def test_the_shorter_of_two_bounds_gives_up_first() -> None:
    told = findings(experiment(), table({"lstm": FALLS, "rnn": {20: [0.4] * 3, 80: [0] * 3}}))
    assert "40 for the LSTM and < 20 for the RNN; the RNN gives up first." in told


def test_below_the_shortest_length_is_shorter_than_just_there() -> None:
    there: Curve = {20: [0.5, 0.5], 80: [0, 0]}
    below: Curve = {20: [0.4, 0.4], 80: [0, 0]}
    told = findings(experiment(), table({"gru": there, "rnn": below}))
    assert "20 for the GRU and < 20 for the RNN; the RNN gives up first." in told


# Spans of 48 (40–63), 50 (43–63) and > 80.
WIDE: Curve = {20: [1, 1], 80: [0, 0.4]}
WIDE_TOO: Curve = {20: [1, 1], 80: [0.1, 0.4]}
CLEAR: Curve = {20: [1, 1], 80: [1, 1]}


def test_cells_whose_intervals_overlap_are_not_ranked() -> None:
    told = findings(experiment(), table({"rnn": WIDE, "gru": WIDE_TOO}))
    assert "; the spans, of the RNN and the GRU, cannot be told apart with 3 seeds." in told
    assert "gives up first" not in told


def test_only_the_shortest_spans_that_overlap_are_called_alike() -> None:
    accuracy = table({"lstm": CLEAR, "rnn": WIDE, "gru": WIDE_TOO})
    told = findings(experiment(), accuracy)
    assert "; the shortest spans, of the RNN and the GRU, cannot be told apart with 3 seeds" in told


def test_spans_with_no_tested_length_between_them_are_not_ranked() -> None:
    # 40–63 and 71; only in the second table is there a length that one cell has and one has not.
    further: Curve = {20: [1, 1], 80: [0.45, 0.45]}
    told = findings(experiment(), table({"rnn": WIDE, "gru": further}))
    assert "71 for the GRU; the spans, of the RNN and the GRU, cannot be told apart" in told
    tested: Curve = {20: [1, 1], 64: [1, 1], 80: [0, 0]}
    told = findings(experiment(), table({"rnn": WIDE, "gru": tested}))
    assert "72 for the GRU; the RNN gives up first." in told


def test_two_seeds_rank_nothing() -> None:
    told = findings(experiment(seeds=2), table({"rnn": WIDE, "gru": CLEAR}))
    assert told.startswith("After 400 steps the memory span is 48 (40–63) for the RNN and > 80")
    assert "; with 2 seeds the cells cannot be ranked." in told


def test_equal_cells_are_hardly_ever_ranked() -> None:
    rng = np.random.default_rng(0)
    chances = {20: 1, 40: 0.8, 80: 0.5, 160: 0.1}
    ranked = 0
    for _ in range(150):
        curves = {
            cell: {
                length: [float(rng.random() < p) for _ in range(3)] for length, p in chances.items()
            }
            for cell in ("rnn", "gru")
        }
        ranked += "gives up first" in findings(experiment(), table(curves))
    assert ranked <= 0.08 * 150


def test_an_open_interval_overlaps_with_cells_that_never_fall() -> None:
    uncertain: Curve = {20: [1, 1], 80: [0.6, 0]}
    told = findings(experiment(), table({"rnn": uncertain, "gru": CLEAR}))
    assert "54 (40–> 80) for the RNN and > 80 for the GRU" in told
    assert "cannot be told apart" in told


def test_spans_below_the_shortest_length_cannot_be_told_apart() -> None:
    low: Curve = {20: [0.4] * 3, 80: [0] * 3}
    told = findings(experiment(), table({"rnn": low, "gru": low, "lstm": FALLS}))
    assert "the shortest spans, of the RNN and the GRU, cannot be told apart with 3 seeds" in told


def test_one_seed_ranks_nothing() -> None:
    told = findings(experiment(seeds=1), table({"rnn": {20: [1], 80: [0]}, "gru": {20: [1]}}))
    assert "40 for the RNN and > 20 for the GRU; with one seed the cells cannot be ranked." in told


@pytest.mark.parametrize("curves", [{"rnn": FALLS}, {"rnn": {20: [1], 80: [0]}}])
def test_a_single_cell_is_not_ranked(curves: Mapping[str, Curve]) -> None:
    told = findings(experiment(), table(curves))
    assert told.startswith("After 400 steps the memory span is 40 for the RNN. ")


def test_cells_that_never_fall_are_not_ranked() -> None:
    nearly: Curve = {20: [1, 1, 1], 80: [0.9, 0.8, 0.7]}
    told = findings(experiment(), table({"rnn": nearly, "gru": SOLVED}))
    assert told.startswith("After 400 steps the memory span is > 80 for the RNN and > 80 for")
    assert "ranked" not in told
    assert "first" not in told
    assert "apart" not in told


def test_cells_with_options_are_named_in_words() -> None:
    told = findings(experiment(), table({"lstm:bias=chrono": FALLS}))
    assert "40 for the LSTM with chrono bias." in told


@pytest.mark.parametrize("text", [*TASKS, "adding:tolerance=0.04"])
@pytest.mark.parametrize("loss", [0.0041, 0.0099, 0.5])
def test_what_all_have_solved_lies_within_the_memory_span(text: str, loss: float) -> None:
    # A loss below 0.01 with an accuracy of about one half was once a solved adding task.
    task, rng = make_task(text), np.random.default_rng(0)
    lengths, seen = task.lengths[:2], set()
    for worst in (0.0, 0.3, 0.53, 0.7, 0.9, 0.99, 1.0):
        rows = table({"rnn": {length: rng.uniform(worst, 1, 3).tolist() for length in lengths}})
        rows["chance_accuracy"] = rows["length"].map(lambda length: task.chance(length).accuracy)
        rows["solved"] = [
            task.solved(accuracy, loss, length)
            for accuracy, length in zip(rows["accuracy"], rows["length"], strict=True)
        ]
        told = findings(Experiment(task=text, lengths=lengths, steps=400), rows)
        all_solved = "every model has solved the task" in told
        assert not all_solved or memory_spans(rows)["bound"].tolist() == [">"], told
        seen.add(all_solved)
    by_loss = text.endswith("=0.04")
    assert seen == ({False} if by_loss and loss > 0.01 else {True, False})


# The longest length.


def test_none_has_solved_the_longest_length() -> None:
    told = findings(experiment(), table({"rnn": FALLS, "gru": FALLS}))
    assert told.endswith(" At length 80 no model has solved the task.")


def test_solved_seeds_are_counted_at_the_longest_length_only() -> None:
    told = findings(experiment(), table({"rnn": FALLS, "gru": {20: [0, 0, 0], 80: [1, 0, 0]}}))
    assert told.endswith(
        " Seeds that have solved length 80: 1 of 3 for the GRU, none for the others."
    )


# Diverged models.


def test_diverged_models_are_counted_by_cell() -> None:
    accuracy = table({"rnn": FALLS, "gru": SOLVED})
    told = findings(experiment(), diverge(accuracy, "rnn", 80))
    assert told.endswith("; 3 of 12 models diverged (3 of the RNN).")


def test_diverged_models_are_told_where_none_has_solved() -> None:
    accuracy = table({"rnn": FALLS, "gru": FALLS})
    accuracy["diverged"] = (accuracy["length"] == 80) & (accuracy["seed"] == 0)
    assert findings(experiment(), accuracy).endswith(
        "At length 80 no model has solved the task; 2 of 12 models diverged"
        " (1 of the RNN and 1 of the GRU)."
    )


def test_diverged_models_are_told_where_all_are_at_chance() -> None:
    told = findings(experiment(), diverge(table({"rnn": CHANCES}), "rnn", 20))
    assert told == (
        "After 400 steps every model is still at chance; 3 of 6 models diverged (3 of the RNN)."
    )


def test_all_diverged_is_not_called_chance() -> None:
    accuracy = table({"rnn": CHANCES, "gru": CHANCES}).assign(diverged=True)
    assert findings(experiment(), accuracy) == "After 400 steps every model has diverged."


def test_a_cell_that_diverged_has_no_span_and_is_not_ranked() -> None:
    accuracy = table({"rnn": CHANCES, "gru": FALLS, "lstm": SOLVED})
    accuracy["diverged"] = accuracy["cell"] == "rnn"
    told = findings(experiment(), accuracy)
    assert "the memory span is 40 for the GRU and > 80 for the LSTM; the GRU gives up first" in told
    assert "6 of 18 models diverged (6 of the RNN)" in told


def test_where_none_diverged_nothing_is_said_about_it() -> None:
    assert "diverged" not in findings(experiment(), table({"rnn": FALLS, "gru": SOLVED}))


# Gradients at initialisation.


def at_initialisation(gradients: pd.DataFrame) -> str:
    """What is said about them, after the sentence about the models."""
    initialisation = "Nothing was trained: these are the models at initialisation."
    told = findings(experiment(steps=0), table({}), gradients)
    assert told.startswith(initialisation)
    return told.removeprefix(initialisation).strip()


def test_gradients_at_initialisation_name_the_least_and_the_most() -> None:
    told = at_initialisation(profiles({"lstm": [-3] * 2, "rnn": [-12] * 2, "gru": [-2] * 2}))
    assert told == (
        "Before training, the gradient norm at the first step of sequences of length 10 is about"
        " 10⁻¹² of that at the last for the RNN and about 10⁻² for the GRU, 10 orders of magnitude"
        " apart."
    )


def test_a_gradient_may_grow() -> None:
    told = at_initialisation(profiles({"rnn": [2], "gru": [1]}))
    assert told.endswith(
        "is about 10 of that at the last for the GRU and about 100 for the RNN, 10 times as much."
    )


def test_gradients_of_a_single_cell_are_not_compared() -> None:
    told = at_initialisation(profiles({"rnn": [-5]}))
    assert told.endswith(" is about 10⁻⁵ of that at the last for the RNN.")


def test_gradients_less_than_half_an_order_apart_are_about_the_same() -> None:
    told = at_initialisation(profiles({"rnn": [-3.2], "gru": [-2.8]}))
    assert told.endswith(" for the RNN, and about the same for every cell.")


def test_of_several_seeds_the_median_power_is_told() -> None:
    assert "about 10⁻⁶ of" in at_initialisation(profiles({"rnn": [-2, -10]}))
    assert "about 10⁻⁴ of" in at_initialisation(profiles({"rnn": [-2, -30, -4]}))


def test_a_gradient_that_has_become_0_is_at_most_the_smallest_float32() -> None:
    gradients = profiles({"rnn": [-5], "gru": [-8]})
    gradients.loc[(gradients["cell"] == "rnn") & (gradients["t"] < 5), "gradient_norm"] = 0.0
    assert at_initialisation(gradients).endswith(
        " is at most 10⁻³⁸ of that at the last for the RNN and about 10⁻⁸ for the GRU, at least 30"
        " orders of magnitude apart."
    )


@pytest.mark.parametrize("last", [0.0, math.nan])
def test_a_cell_without_a_gradient_at_the_last_step_is_not_measurable(last: float) -> None:
    gradients = profiles({"rnn": [-5], "gru": [-8]})
    gradients.loc[(gradients["cell"] == "rnn") & (gradients["t"] == 10), "gradient_norm"] = last
    told = at_initialisation(gradients)
    assert told.endswith(
        "about 10⁻⁸ of that at the last for the GRU; the gradient could not be measured for the "
        "RNN."
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


def test_only_the_hidden_state_at_initialisation_at_the_longest_length_is_told() -> None:
    gradients = pd.concat(
        [
            profiles({"lstm": [-4]}, length=20),
            profiles({"lstm": [-7]}, length=20, step=400),
            profiles({"lstm": [-9, -9]}, length=20, state="c"),
            profiles({"lstm": [-1]}, length=10),
        ]
    )
    told = at_initialisation(gradients)
    assert "sequences of length 20 is about 10⁻⁴ of that" in told
    assert told.count("10⁻") == 1


def test_the_order_of_the_rows_of_a_profile_does_not_matter() -> None:
    gradients = profiles({"rnn": [-12], "gru": [-2]})
    assert "about 10⁻¹² of" in at_initialisation(gradients.sample(frac=1, random_state=0))


@pytest.mark.parametrize("gradients", [profiles({}), profiles({"rnn": [-5]}, step=400), None])
def test_without_gradients_at_initialisation_nothing_is_said_about_them(
    gradients: pd.DataFrame | None,
) -> None:
    told = findings(experiment(), table({"rnn": SOLVED}), gradients)
    assert told == "After 400 steps every model has solved the task at every length up to 80."


# All of them.


@pytest.mark.parametrize("curve", [SOLVED, FALLS, CHANCES])
@pytest.mark.parametrize("step", [0, 25, 400])
def test_one_to_three_sentences_that_start_with_a_capital(curve: Curve, step: int) -> None:
    gradients = profiles({"rnn": [-12], "gru": [-2]})
    told = findings(experiment(), table({"rnn": curve, "gru": curve}, step), gradients)
    sentences = told.removesuffix(".").split(". ")
    assert 1 <= len(sentences) <= 3
    assert all(sentence[0].isupper() for sentence in sentences)
    assert told.endswith(".")
    assert "nan" not in told
