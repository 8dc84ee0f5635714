"""The accuracy figure over training."""

from __future__ import annotations

import pandas as pd

from dashboard.figures.race.accuracy import accuracy_by_length
from tests.dashboard.figures.drawn import Make, check_json, trace, uids


def test_predictions_are_in_the_replay(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy(cells=("rnn", "gru"))
    figure = accuracy_by_length(frame, baselines=baselines, replay=True, predictions={"lstm": 40})
    now = accuracy_by_length(frame, baselines=baselines, predictions={"lstm": 40})
    assert uids(figure) == uids(now)
    assert set(trace(figure, "lstm/predicted").x) == {40}


def test_replay_has_the_picture_of_every_evaluation(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy()
    figure = accuracy_by_length(frame, baselines=baselines, replay=True)
    assert [moment.name for moment in figure.frames] == [str(step) for step in range(0, 401, 20)]
    for moment in (figure.frames[0], figure.frames[10]):
        until = frame[frame["step"] <= int(moment.name)]
        then = accuracy_by_length(until, baselines=baselines)
        for place, changes in zip(moment.traces, moment.data, strict=True):
            assert changes.y == then.data[place].y
            assert changes.x == then.data[place].x
            assert changes.text == then.data[place].text
    now = accuracy_by_length(frame, baselines=baselines)
    assert uids(figure) == uids(now)
    assert trace(figure, "gru/mean").y == trace(now, "gru/mean").y


def test_replay_is_small(accuracy: Make, baselines: pd.DataFrame) -> None:
    steps = tuple(range(0, 400, 20))
    figure = accuracy_by_length(accuracy(steps=steps), baselines=baselines, replay=True)
    assert len(figure.frames) == 20
    assert len(figure.to_json().encode()) < 300_000


def test_long_replays_keep_the_first_and_last_evaluation(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy(cells=("rnn",), lengths=(20,), seeds=1, steps=tuple(range(0, 1001, 10)))
    names = [
        int(moment.name)
        for moment in accuracy_by_length(frame, baselines=baselines, replay=True).frames
    ]
    assert len(names) == 40
    assert (names[0], names[-1]) == (0, 1000)


def test_replay_of_nothing(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy().iloc[:0], baselines=baselines, replay=True)
    assert len(figure.frames) == 0
    check_json(figure)
