"""The networks' task as a game: its staircase, the table of answers, and the span they tell."""

from __future__ import annotations

import math
from itertools import pairwise

import pandas as pd
import pytest

from models.analysis.memory_game import (
    PERSON,
    ROUNDS,
    Game,
    GameError,
    recalled,
    spans_in_words,
)
from models.analysis.memory_span import memory_spans
from models.analysis.schema import TABLES, no_rows
from models.tasks import TASKS, make_task

ORDER = Game("temporal_order", seed=3, longest=200)
COPY = Game("copy", seed=3, longest=30)


def played(game: Game, reach: float) -> list[str]:
    """The answers of a person who is right on sequences up to a length, and wrong beyond."""
    answers: list[str] = []
    for number in range(ROUNDS):
        length = lengths(game, [*answers, game.question.symbols[0] * len(answer_of(game, 0, 0))])
        right = answer_of(game, game.lengths.index(length), number)
        answers.append(right if length <= reach else wrong(game, right))
    return answers


def answer_of(game: Game, rung: int, number: int) -> str:
    return recalled(game.sequences(game.lengths[rung])[number])


def wrong(game: Game, right: str) -> str:
    """Another symbol in every place."""
    first, second = list(game.question.symbols[:2])
    return "".join(second if symbol == first else first for symbol in right)


def lengths(game: Game, answers: list[str]) -> int:
    """The length of the last of these answers."""
    return int(game.accuracy(answers)["length"].iloc[-1])


def test_the_rungs_are_even_in_log_length_from_the_shortest_to_the_longest() -> None:
    assert ORDER.lengths == (10, 14, 19, 27, 38, 53, 74, 103, 143, 200)
    assert COPY.lengths == (1, 2, 3, 5, 7, 10, 14, 21, 30)


def test_a_rung_up_after_a_right_answer_a_rung_down_after_a_wrong_one() -> None:
    right, no = answer_of(ORDER, 0, 0), wrong(ORDER, answer_of(ORDER, 1, 1))
    again = answer_of(ORDER, 0, 2)
    assert ORDER.accuracy([right, no, again])["length"].tolist() == [10, 14, 10]
    assert ORDER.next_rung(0, remembered=False) == 0
    assert ORDER.next_rung(9, remembered=True) == 9


def test_ten_right_answers_come_to_the_longest_sequence_just_once() -> None:
    table = ORDER.accuracy(played(ORDER, reach=math.inf))
    assert tuple(table["length"]) == ORDER.lengths
    (span,) = memory_spans(table).to_dict("records")
    assert (span["bound"], span["span"]) == (">", 200)


@pytest.mark.parametrize("game", [ORDER, COPY, Game("recall", 0, 200)], ids=lambda one: one.task)
def test_the_span_is_between_the_longest_length_remembered_and_the_next(game: Game) -> None:
    longest, beyond = game.lengths[4:6]
    (span,) = memory_spans(game.accuracy(played(game, reach=longest))).to_dict("records")
    assert span["cell"] == PERSON
    assert longest <= span["span"] <= beyond


def test_who_remembers_nothing_has_a_span_below_the_shortest_length() -> None:
    (span,) = memory_spans(ORDER.accuracy(played(ORDER, reach=0))).to_dict("records")
    assert (span["bound"], span["span"]) == ("<", 10)


def test_answers_are_a_table_like_that_of_models_a_model_for_each() -> None:
    table = ORDER.accuracy(played(ORDER, reach=14))
    assert list(table) == list(TABLES["accuracy"])
    assert table.dtypes.equals(no_rows("accuracy").dtypes)
    assert not table.duplicated(["cell", "length", "seed"]).any()
    assert table["accuracy"].tolist() == table["solved"].tolist()
    assert set(table["chance_accuracy"]) == {0.25}


def test_copy_counts_each_symbol_and_six_of_ten_are_half_way_to_right() -> None:
    right = answer_of(COPY, 0, 0)
    for correct, following in ((6, 2), (5, 1)):
        answer = right[:correct] + wrong(COPY, right[correct:])
        table = COPY.accuracy([answer, answer_of(COPY, COPY.lengths.index(following), 1)])
        assert table["accuracy"].iloc[0] == pytest.approx(correct / 10)
        assert table["length"].iloc[1] == following
    assert COPY.fewest_right(1) == 6
    assert ORDER.fewest_right(10) == 1


def test_both_symbols_of_an_order_have_to_be_right() -> None:
    right = answer_of(ORDER, 0, 0)
    half = right[0] + wrong(ORDER, right[1])
    assert ORDER.accuracy([half])["accuracy"].tolist() == [0]


@pytest.mark.parametrize("answers", [["A"], ["ABA"], ["XY"], [""], ["AB"] * 11])
def test_what_is_no_answer_is_refused(answers: list[str]) -> None:
    with pytest.raises(GameError, match=r"an answer to temporal_order is 2 of A, B|too many"):
        ORDER.accuracy(answers)


def test_the_same_seed_shows_everyone_the_same_and_another_seed_others() -> None:
    same, other = Game("temporal_order", 3, 200), Game("temporal_order", 4, 200)
    assert ORDER.sequences(53) == same.sequences(53)
    assert ORDER.sequences(53) != other.sequences(53)
    assert all(one != two for one, two in pairwise(ORDER.sequences(53))), "a new one each round"


@pytest.mark.parametrize("name", [name for name in TASKS if make_task(name).question])
def test_a_question_asks_for_what_the_task_calls_right(name: str) -> None:
    game = Game(name, 0, 30)
    for sequence in game.sequences(30):
        assert list(recalled(sequence)) == [
            sign for sign in sequence.answer.partition(" (")[0] if sign in game.question.symbols
        ]
        assert not any(sequence.informative[game.steps_shown(30) :]), "all that counts is shown"


def test_copy_is_shown_up_to_the_step_at_which_the_answer_begins() -> None:
    (shown, *_) = COPY.sequences(5)
    assert "".join(shown.symbols[: COPY.steps_shown(5)])[10:] == "····>·"
    assert ORDER.steps_shown(20) == 20


def test_the_spans_in_words_begin_with_the_persons() -> None:
    spans = pd.DataFrame({"cell": ["rnn", PERSON, "lstm"], "text": ["17", "12", "> 200"]})
    assert spans_in_words(spans) == "You: about 12 steps. The RNN: 17. The LSTM: > 200."
    beyond = spans.assign(text="> 30")
    assert spans_in_words(beyond).startswith("You: > 30 steps. The RNN: > 30.")
