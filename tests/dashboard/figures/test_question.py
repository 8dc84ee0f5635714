"""The points of the main plot that ask why a cell failed there."""

from __future__ import annotations

import pandas as pd

from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.race.question import as_text, from_text
from tests.dashboard.figures.drawn import Make, trace

HINT = "press for why"


def test_points_can_be_pressed_exactly_where_a_seed_failed(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy().assign(solved=True)
    frame.loc[
        (frame["cell"] == "gru") & (frame["length"] == 100) & (frame["seed"] == 1), "solved"
    ] = False
    figure = accuracy_by_length(frame, baselines=baselines, replay=True)
    asked = {"100": "gru,100"}
    for kind in ("mean", "seeds", "solved", "diverged"):
        assert trace(figure, f"gru/{kind}").meta["pressed"] == asked
        assert trace(figure, f"rnn/{kind}").meta["pressed"] == {}
    mean, seeds = trace(figure, "gru/mean"), trace(figure, "gru/seeds")
    assert [HINT in text for text in mean.hovertext] == [False, False, True, False]
    assert [length for length, *_, hint in seeds.customdata if HINT in hint] == [100] * 3
    assert [length for (length,) in mean.customdata] == [20, 50, 100, 200]


def test_nothing_can_be_pressed_before_training(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy(steps=(0,)), baselines=baselines)
    assert trace(figure, "gru/mean").meta["pressed"] == {}


def test_a_question_is_read_back_from_its_text() -> None:
    question = ("rnn:activation=relu,gain=2", 100)
    assert from_text(as_text(*question)) == question
    for text in ("", "lstm", "lstm,", "lstm,x", "lstm,-5", "lstm,1e3", "lstm," + "9" * 5000):
        assert from_text(text) is None
