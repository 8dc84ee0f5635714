"""Sequences that a person types, and what the right answer to them is."""

from __future__ import annotations

import numpy as np
import pytest

from models.tasks import make_task
from models.tasks.task import SequenceError

TYPED = (
    "temporal_order",
    "temporal_order:symbols=3,targets=every",
    "adding",
    "adding:targets=every",
    "copy",
    "recall",
    "recall:classes=2,distractors=same,targets=every",
    "recall:classes=10,inputs=scalar",
)


@pytest.mark.parametrize("spec", TYPED)
def test_typing_a_drawn_sequence_gives_it_and_its_targets(spec: str) -> None:
    task = make_task(spec)
    length = task.lengths[0]
    batch = task.sample(np.random.default_rng(0), 20, length)
    rounding = 5e-4 if spec.startswith("adding") else 0
    assert task.typing
    for sequence in range(20):
        typed = task.typed(task.text(batch, sequence), length)
        own = batch.subset(sequence, 1)
        assert typed.inputs.dtype == own.inputs.dtype
        np.testing.assert_allclose(typed.inputs, own.inputs, atol=1.01 * rounding)
        np.testing.assert_allclose(typed.targets, own.targets, atol=2.01 * rounding)


def test_what_if_b_came_first() -> None:
    task = make_task("temporal_order")
    answers = {text: task.typed(text, 10).targets.item() for text in ("cAdefcdBef", "cBdefcdAef")}
    assert list(answers.values()) == [2, 1]
    words = [task.answer_in_words(np.array([answer])) for answer in answers.values()]
    assert words == ["A, then B (class 2)", "B, then A (class 1)"]


def test_the_marked_numbers_are_added_as_they_are_typed() -> None:
    task = make_task("adding")
    assert task.typed("0.25 .5* 1 1* 0", 5).targets.item() == 1.5
    assert make_task("adding:targets=every").typed("0.25* .5 1*", 3).targets.T.tolist() == [
        [0.25, 0.25, 1.25]
    ]


def test_of_a_sequence_to_copy_its_symbols_are_enough() -> None:
    task = make_task("copy")
    whole = task.typed("abcdefghab··>··········", 3)
    np.testing.assert_array_equal(task.typed("abcd efgh ab", 3).inputs, whole.inputs)
    assert task.describe(whole, 0).answer == "abcdefghab"


@pytest.mark.parametrize(
    ("spec", "text", "message"),
    [
        ("temporal_order", "cAdefcdBe", "reads 10 steps, and here are 9: add 1"),
        ("temporal_order", "cAdefcdBefc", "and here are 11: take 1 away"),
        ("temporal_order", "cAdefcdBeX", "'X' at step 10 is no symbol of this task: use A, B, c"),
        ("temporal_order", "cAdefcdBBf", r"exactly 2 steps, and here it stands at 3 \(t = 2, 8, 9"),
        ("temporal_order", "cccccccccc", "here it stands at 0.$"),
        ("recall", "wAwwwwwwww", "'w' cannot stand at step 1: use A, B, C, D"),
        ("recall", "AAwwwwwwww", "'A' cannot stand at step 2: use w, x, y, z"),
        ("adding", "0.1 1.2* 0.3* 0", "'1.2\\*' at step 2 is no number from 0 to 1"),
        ("adding", "0.1 nan* 0.3* 0", "'nan\\*' at step 2 is no number from 0 to 1"),
        ("adding", "0,1 0* 0.3* 0", "'0,1' at step 1 is no number from 0 to 1"),
        ("adding", "0.1 0.2* 0.3 0 0 0 0 0 0 0", "Two numbers have to be marked, .* here it is 1"),
        ("copy", "abc", "reads 10 symbols, and here are 3: add 7"),
        ("copy", "abcdefghab" + "·" * 20, "blanks, then > and 10 blanks"),
        ("recall:distractors=noise", "AAAAAAAAAA", "Sequences of Recall cannot be typed"),
        ("digits", "0 0 0", "Sequences of Handwritten digits cannot be typed"),
    ],
)
def test_a_bad_text_is_told_as_such(spec: str, text: str, message: str) -> None:
    task = make_task(spec)
    with pytest.raises(SequenceError, match=message):
        task.typed(text, 10)
