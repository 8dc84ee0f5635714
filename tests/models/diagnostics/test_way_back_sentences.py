"""The sentences of a walk say what its numbers say."""

from __future__ import annotations

import re

import pytest

from models.diagnostics.way_back.frames import Frame
from models.diagnostics.way_back.settings import CELLS, WalkSettings
from models.diagnostics.way_back.verdict import left_words, verdict
from models.diagnostics.way_back.walk import walk


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("length", [5, 8])
def test_a_walk_goes_forward_then_back_and_ends_in_what_is_left(cell: str, length: int) -> None:
    frames = walk(WalkSettings(cell, length=length)).frames
    there, back = range(1, length + 1), range(length - 1, 0, -1)
    assert [(frame.phase, frame.t) for frame in frames] == [
        *(("forward", t) for t in there),
        ("loss", length),
        *(("backward", t) for t in back),
        ("end", 1),
    ]
    for frame in frames:
        assert re.fullmatch(r"[A-Z].*\.", frame.sentence)
        assert "nan" not in str(frame)


def numbers(texts: tuple[str, ...]) -> list[float]:
    return [float(text.strip("()").replace("−", "-")) for text in texts]


@pytest.mark.parametrize("cell", CELLS)
def test_the_running_product_is_what_it_is_said_to_be(cell: str) -> None:
    made = walk(WalkSettings(cell, 0.9, seed=3))
    back = [frame for frame in made.frames if frame.product]
    assert [len(frame.product) for frame in back] == [2, 3, 4, 5, 6, 6]
    for frame in back:
        product = 1.0
        for factor in numbers(frame.product):
            product *= factor
        (result,) = numbers((frame.result,))
        assert product == pytest.approx(result, rel=0.02), "of rounded factors"
        column = made.columns[frame.t - 1]
        exact = column.gradients["h"] if column.additive is None else column.additive
        assert result == pytest.approx(exact, rel=0.006)


def end(**settings: object) -> str:
    frame: Frame = walk(WalkSettings(**settings)).frames[-1]  # type: ignore[arg-type]
    return frame.sentence


def test_the_end_says_whether_it_vanished_and_why() -> None:
    small, large = end(weight=0.5), end(weight=2.0)
    assert "2% of ∂L/∂h is left: it vanishes. The recurrent weight 0.5 shrinks it" in small
    assert "it vanishes. The recurrent weight 2 would not shrink it, but tanh does" in large
    assert "saturated" in large
    assert "lets no gradient through" in end(cell="rnn:activation=relu", weight=-1.0)
    assert "no step hears of the one before" in end(weight=0.0)


def test_relu_multiplies_by_the_weight_alone() -> None:
    kept = end(cell="rnn:activation=relu", weight=1.0)
    assert "100% of ∂L/∂h is left: it is kept." in kept
    assert "any number of steps leaves all of it" in kept
    grown = end(cell="rnn:activation=relu", weight=1.5)
    assert "∂L/∂h is 7.59 times what it was: it explodes." in grown
    assert "about 10¹⁸ times as large" in grown  # 1.5¹⁰⁰ = 4 · 10¹⁷


def test_the_lstm_says_what_its_forget_gates_keep() -> None:
    without = end(cell="lstm", weight=0.0, forget_bias=5.0)
    assert "nothing comes through h" in without
    assert "it is kept" in without
    assert "the ways through h add the rest" in end(cell="lstm", weight=0.9)
    assert "the ways through h take some of it away" in end(cell="lstm", weight=-0.4)


def test_without_an_error_nothing_goes_back() -> None:
    assert "exactly right" in verdict("∂L/∂h", 0.0, 0.0, 5, "")
    assert verdict("∂L/∂c", -1.0, 0.25, 2, "So.") == (
        "At step 1, 2 steps back, 25% of ∂L/∂c is left: it vanishes. So. Each step "
        "multiplied it by 0.5 on average: 100 such steps leave about 10⁻³⁰ of it."
    )


@pytest.mark.parametrize(
    ("last", "first", "left"),
    [
        (-0.8, 0.2, "25% left"),
        (0.5, 0.5, "100% left"),
        (0.1, 0.75, "7.5 times"),
        (1.0, 3e-7, "3 · 10⁻⁷ left"),
        (1.0, 0.0, "nothing left"),
        (0.0, 0.0, "nothing left"),
    ],
)
def test_the_picture_says_what_is_left_in_a_word(last: float, first: float, left: str) -> None:
    assert left_words(last, first) == left


@pytest.mark.parametrize(
    ("share", "does"),
    [(0.5, "vanishes"), (0.9, "fades slowly"), (1.0, "is kept"), (1.5, "grows slowly")],
)
def test_each_share_has_its_word(share: float, does: str) -> None:
    assert f": it {does}. " in verdict("∂L/∂h", 2.0, 2 * share, 5, "So.")
