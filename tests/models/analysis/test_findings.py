"""Findings of accuracies: each sentence, and that none says more than the numbers do."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from models.analysis.findings import findings
from models.analysis.memory_span import memory_spans
from models.experiment import Experiment
from models.tasks import TASKS, make_task
from tests.models.tables import CHANCE, CHANCES, FALLS, SOLVED, Curve, accuracies


def experiment(steps: int = 400, seeds: int = 3) -> Experiment:
    return Experiment(cells=("rnn", "lstm", "gru"), lengths=(20, 80), steps=steps, seeds=seeds)


def diverge(accuracy: pd.DataFrame, cell: str, length: int) -> pd.DataFrame:
    rows = (accuracy["cell"] == cell) & (accuracy["length"] == length)
    return accuracy.assign(diverged=rows)


# Nothing to tell yet.


def test_without_training_steps_the_models_are_those_at_initialisation() -> None:
    text = findings(experiment(steps=0), accuracies({"rnn": CHANCES}, step=0))
    assert text == "Nothing was trained: these are the models at initialisation."


@pytest.mark.parametrize(
    "accuracy",
    [accuracies({}), accuracies({"rnn": CHANCES}, step=0), accuracies({"rnn": SOLVED}, step=0)],
)
def test_before_the_first_evaluation_after_training_it_is_too_early(accuracy: pd.DataFrame) -> None:
    text = findings(experiment(), accuracy)
    assert text.startswith("Too early to say: ")
    assert text.count(".") == 1


# All alike.


def test_all_solved() -> None:
    text = findings(experiment(), accuracies({"rnn": SOLVED, "lstm": SOLVED}))
    assert text == ("After 400 steps every model has solved the task at every length up to 80.")


def test_one_seed_that_has_not_solved_is_not_all() -> None:
    text = findings(experiment(), accuracies({"rnn": SOLVED, "lstm": {**SOLVED, 80: [1, 0.98, 1]}}))
    assert "every model" not in text
    assert text.endswith(
        ". Seeds that have solved length 80: 3 of 3 for the RNN and 2 of 3 for the LSTM."
    )


def test_all_at_chance() -> None:
    text = findings(experiment(), accuracies({"rnn": CHANCES, "gru": CHANCES}))
    assert text == "After 400 steps every model is still at chance."


@pytest.mark.parametrize(("errors", "chance"), [(-6, True), (3.9, True), (4.1, False)])
def test_chance_is_up_to_four_standard_errors(errors: float, chance: bool) -> None:
    accuracy = accuracies({"rnn": CHANCES})
    error = math.sqrt(0.25 * 0.75 / 256)
    accuracy.loc[0, "accuracy"] = CHANCE + errors * error
    assert ("every model is still at chance" in findings(experiment(), accuracy)) is chance


def test_more_held_out_sequences_separate_smaller_scores_from_chance() -> None:
    accuracy = accuracies({"rnn": {20: [0.1], 80: [0.1]}})
    assert "still at chance" in findings(experiment(), accuracy)
    assert "still at chance" not in findings(experiment(), accuracy.assign(sequences=4096))


def test_what_was_good_once_and_is_lost_does_not_count() -> None:
    accuracy = pd.concat([accuracies({"rnn": CHANCES}), accuracies({"rnn": SOLVED}, step=375)])
    assert findings(experiment(), accuracy) == "After 400 steps every model is still at chance."


def test_a_run_that_is_not_done_says_how_far_it_is() -> None:
    accuracy = pd.concat(
        [accuracies({"rnn": CHANCES}, step=75), accuracies({"gru": CHANCES}, step=50)]
    )
    text = findings(experiment(), accuracy)
    assert text == "So far (step 62 of 400) every model is still at chance."


# Memory spans.


def test_partly_solved() -> None:
    text = findings(experiment(), accuracies({"rnn": FALLS, "lstm": SOLVED, "gru": SOLVED}))
    assert text == (
        "After 400 steps the memory span is between 20 and 80 for the RNN, > 80 (from 74) for the"
        " LSTM and > 80 (from 74) for the GRU; that of the RNN is the shortest. Seeds that have "
        "solved length 80: 3 of 3 for the LSTM and 3 of 3 for the GRU, none for the others."
    )


ONE: Curve = {20: [1, 1, 1], 80: [1, 0, 0]}
LOW: Curve = {20: [0.4] * 3, 80: [0] * 3}


def test_the_interval_is_shown_where_it_says_more_than_the_span() -> None:
    accuracy = accuracies({"rnn": ONE, "gru": SOLVED})
    row = memory_spans(accuracy).iloc[0]
    text = findings(experiment(), accuracy)
    assert f"is {row['span']:.0f} (from {row['low']:.0f}) for the RNN and > 80 (" in text


def test_the_cell_that_gives_up_first_need_not_be_the_first() -> None:
    text = findings(experiment(), accuracies({"lstm": SOLVED, "gru": SOLVED, "rnn": FALLS}))
    assert "; that of the RNN is the shortest." in text


def test_the_shorter_of_two_bounds_gives_up_first() -> None:
    text = findings(experiment(), accuracies({"lstm": FALLS, "rnn": LOW}))
    assert (
        "between 20 and 80 for the LSTM and < 20 (up to 23) for the RNN; that of the RNN is" in text
    )


def test_cells_of_which_nearly_as_many_remember_are_not_ranked_and_what_would_do_is_said() -> None:
    text = findings(experiment(), accuracies({"rnn": ONE, "gru": SOLVED}))
    assert (
        "; the spans, of the RNN and the GRU, cannot be told apart with 3 seeds; "
        "3 more of each would do if they turn out alike."
    ) in text
    assert "is the shortest" not in text


def test_of_cells_that_are_equal_more_seeds_are_not_said_to_do() -> None:
    text = findings(experiment(), accuracies({"rnn": FALLS, "gru": FALLS}))
    assert "; the spans, of the RNN and the GRU, cannot be told apart with 3 seeds. " in text


def test_only_the_shortest_spans_are_called_alike() -> None:
    accuracy = accuracies({"lstm": SOLVED, "rnn": FALLS, "gru": FALLS})
    text = findings(experiment(), accuracy)
    assert "; the shortest spans, of the RNN and the GRU, cannot be told apart with 3 seeds" in text


def test_one_length_that_one_cell_remembers_and_one_does_not_ranks_them() -> None:
    alike = {"rnn": {20: [1] * 3, 50: [0] * 3, 80: [0] * 3}}
    further: dict[str, Curve] = {"gru": {20: [1] * 3, 50: [1] * 3, 80: [0] * 3}}
    text = findings(experiment(), accuracies({**alike, **further}))
    assert "is between 20 and 50 for the RNN and between 50 and 80 (" in text
    assert "; that of the RNN is the shortest." in text


def test_a_length_remembered_beyond_one_that_is_not_makes_the_span_a_compromise() -> None:
    uneven: Curve = {20: [0, 0, 1], 50: [0] * 3, 80: [1, 1, 0], 100: [1] * 3}
    text = findings(experiment(), accuracies({"gru": uneven, "rnn": uneven, "lstm": SOLVED}))
    for cell in ("RNN", "GRU"):
        assert (
            f" The {cell} remembers T = 80 but not T = 50: its span is a compromise, which more "
            "seeds would settle. "
        ) in text
    assert text.count("compromise") == 2


@pytest.mark.parametrize("longer", [[1, 1, 0, 0], [0, 0, 0, 1]])
def test_half_of_the_models_are_no_such_length(longer: list[float]) -> None:
    curves: dict[str, Curve] = {"gru": {20: [1, 1, 1, 0], 50: [0, 0, 0, 1], 80: longer}}
    assert "compromise" not in findings(experiment(), accuracies(curves))


def test_two_seeds_rank_nothing() -> None:
    text = findings(
        experiment(seeds=2),
        accuracies({"rnn": {20: [1, 1], 80: [0, 0]}, "gru": {20: [1, 1], 80: [1, 1]}}),
    )
    assert text.startswith("After 400 steps the memory span is between 20 and 80 (")
    assert "; with 2 seeds the cells cannot be ranked." in text


def test_equal_cells_are_hardly_ever_ranked() -> None:
    rng = np.random.default_rng(0)
    chances = {20: 1, 40: 0.8, 80: 0.5, 160: 0.1}
    ranked = 0
    for _ in range(40):
        curves = {
            cell: {
                length: [float(rng.random() < p) for _ in range(3)] for length, p in chances.items()
            }
            for cell in ("rnn", "gru")
        }
        ranked += "is the shortest" in findings(experiment(), accuracies(curves))
    assert ranked <= 4


def test_spans_below_the_shortest_length_cannot_be_ranked() -> None:
    text = findings(experiment(), accuracies({"rnn": LOW, "gru": LOW, "lstm": FALLS}))
    assert "the shortest spans, of the RNN and the GRU, cannot be told apart with 3 seeds" in text


def test_one_seed_ranks_nothing() -> None:
    text = findings(experiment(seeds=1), accuracies({"rnn": {20: [1], 80: [0]}, "gru": {20: [1]}}))
    assert "> 20 (" in text
    assert "for the GRU; with one seed the cells cannot be ranked." in text


def test_a_single_cell_is_not_ranked() -> None:
    text = findings(experiment(), accuracies({"rnn": FALLS}))
    assert text.startswith("After 400 steps the memory span is between 20 and 80 for the RNN. ")


def test_cells_that_never_fall_are_not_ranked() -> None:
    nearly: Curve = {20: [1, 1, 1], 80: [0.9, 0.8, 0.7]}
    text = findings(experiment(), accuracies({"rnn": nearly, "gru": SOLVED}))
    assert "is > 80 (from 74) for the RNN and > 80 (from 74) for the GRU. " in text
    assert "ranked" not in text
    assert "first" not in text
    assert "apart" not in text


def test_cells_with_options_are_named_in_words() -> None:
    text = findings(experiment(), accuracies({"lstm:bias=chrono": FALLS}))
    assert "between 20 and 80 for the LSTM with chrono bias." in text


@pytest.mark.parametrize("task_spec", [*TASKS, "adding:tolerance=0.04"])
@pytest.mark.parametrize("loss", [0.0041, 0.0099, 0.5])
def test_what_all_have_solved_lies_within_the_memory_span(task_spec: str, loss: float) -> None:
    # A loss below 0.01 with an accuracy of about one half was once a solved adding task.
    task, rng = make_task(task_spec), np.random.default_rng(0)
    lengths, seen = task.lengths[:2], set()
    for worst in (0.0, 0.3, 0.53, 0.7, 0.9, 0.99, 1.0):
        rows = accuracies(
            {"rnn": {length: rng.uniform(worst, 1, 3).tolist() for length in lengths}}
        )
        rows["chance_accuracy"] = rows["length"].map(lambda length: task.chance(length).accuracy)
        rows["solved"] = [
            task.solved(accuracy, loss, length)
            for accuracy, length in zip(rows["accuracy"], rows["length"], strict=True)
        ]
        text = findings(Experiment(task=task_spec, lengths=lengths, steps=400), rows)
        all_solved = "every model has solved the task" in text
        assert not all_solved or memory_spans(rows)["bound"].tolist() == [">"], text
        seen.add(all_solved)
    by_loss = task_spec.endswith("=0.04")
    assert seen == ({False} if by_loss and loss > 0.01 else {True, False})


# The longest length.


def test_none_has_solved_the_longest_length() -> None:
    text = findings(experiment(), accuracies({"rnn": FALLS, "gru": FALLS}))
    assert text.endswith(" At length 80 no model has solved the task.")


def test_solved_seeds_are_counted_at_the_longest_length_only() -> None:
    text = findings(experiment(), accuracies({"rnn": FALLS, "gru": {20: [0, 0, 0], 80: [1, 0, 0]}}))
    assert text.endswith(
        " Seeds that have solved length 80: 1 of 3 for the GRU, none for the others."
    )


# Diverged models.


def test_diverged_models_are_counted_by_cell() -> None:
    accuracy = accuracies({"rnn": FALLS, "gru": SOLVED})
    text = findings(experiment(), diverge(accuracy, "rnn", 80))
    assert text.endswith("; 3 of 12 models diverged (3 of the RNN).")


def test_diverged_models_are_counted_where_none_has_solved() -> None:
    accuracy = accuracies({"rnn": FALLS, "gru": FALLS})
    accuracy["diverged"] = (accuracy["length"] == 80) & (accuracy["seed"] == 0)
    assert findings(experiment(), accuracy).endswith(
        "At length 80 no model has solved the task; 2 of 12 models diverged"
        " (1 of the RNN and 1 of the GRU)."
    )


def test_diverged_models_are_counted_where_all_are_at_chance() -> None:
    text = findings(experiment(), diverge(accuracies({"rnn": CHANCES}), "rnn", 20))
    assert text == (
        "After 400 steps every model is still at chance; 3 of 6 models diverged (3 of the RNN)."
    )


def test_all_diverged_is_not_called_chance() -> None:
    accuracy = accuracies({"rnn": CHANCES, "gru": CHANCES}).assign(diverged=True)
    assert findings(experiment(), accuracy) == "After 400 steps every model has diverged."


def test_a_cell_that_diverged_has_no_span_and_is_not_ranked() -> None:
    accuracy = accuracies({"rnn": CHANCES, "gru": FALLS, "lstm": SOLVED})
    accuracy["diverged"] = accuracy["cell"] == "rnn"
    text = findings(experiment(), accuracy)
    assert "is between 20 and 80 for the GRU and > 80 (" in text
    assert "for the LSTM; that of the GRU is the shortest" in text
    assert "6 of 18 models diverged (6 of the RNN)" in text


def test_where_none_diverged_they_are_not_mentioned_it() -> None:
    assert "diverged" not in findings(experiment(), accuracies({"rnn": FALLS, "gru": SOLVED}))
