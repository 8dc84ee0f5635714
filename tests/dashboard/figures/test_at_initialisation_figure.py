from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.gradient_flow.at_initialisation import (
    initial_profiles,
    singular_values,
    spread,
)
from tests.dashboard.figures.drawn import Make, check_json, trace


def values(logs: dict[tuple[int, int], float]) -> pd.DataFrame:
    """``logs`` by (lag, index)."""
    rows = [(lag, index, log) for (lag, index), log in logs.items()]
    return pd.DataFrame(rows, columns=["lag", "index", "log_value"])


def test_initialisation_alone_is_drawn(gradients: Make) -> None:
    frame = gradients(lengths=(100,), seeds=1)
    figure = initial_profiles(frame, length=100)
    line = trace(figure, "gru/now")
    own = frame.query("cell == 'gru' and step == 0")["gradient_norm"].to_numpy()
    assert list(line.y) == pytest.approx((own / own[-1]).tolist(), rel=1e-3)
    assert line.line.dash != "dot"
    assert "at initialisation" in line.hovertemplate
    assert figure.layout.yaxis.type == "log"
    assert list(trace(figure, "share").y) == [0.01, 0.01]
    check_json(figure)


def test_horizon_is_marked_on_the_line(gradients: Make) -> None:
    frame = gradients(lengths=(100,), seeds=1)
    horizons = {"rnn": 11, "lstm": 99}
    figure = initial_profiles(frame, length=100, horizons=horizons)
    mark, line = trace(figure, "rnn/horizon"), trace(figure, "rnn/now")
    assert list(mark.x) == [88], "the first step at which less is left"
    assert line.y[88] >= 0.01 > line.y[87] == mark.y[0]
    assert "11 steps back" in mark.hovertemplate
    for uid in ("lstm/horizon", "gru/horizon"):  # never below 1 %, or not known
        assert len(trace(figure, uid).x) == 0
    absolute = initial_profiles(frame, length=100, horizons=horizons, relative=False)
    mark, line = trace(absolute, "rnn/horizon"), trace(absolute, "rnn/now")
    assert mark.y[0] == line.y[87]
    assert "share" not in [trace.uid for trace in absolute.data]


def test_gradients_that_vanish_or_break(gradients: Make) -> None:
    frame = gradients(cells=("rnn",), lengths=(3,), seeds=1, steps=(0,))
    for norms in ([0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [math.inf, math.nan, 1.0]):
        figure = initial_profiles(
            frame.assign(gradient_norm=norms), length=3, horizons={"rnn": 0, "gru": 1}
        )
        assert trace(figure, "rnn/now").y[0] is None
        check_json(figure)


def test_nothing_measured_yet(gradients: Make) -> None:
    nothing = gradients().iloc[:0]
    figure = initial_profiles(nothing, length=50, cells=("rnn", "gru"), horizons={"rnn": 3})
    assert trace(figure, "gru/now").name == "GRU"
    check_json(figure)


def test_identity_survives_updates_and_inputs_stay(gradients: Make) -> None:
    frame = gradients(cells=("rnn", "gru"), lengths=(50,))
    before = frame.copy()
    figures = [
        initial_profiles(rows, length=50, cells=("rnn", "gru"), horizons={"rnn": 5})
        for rows in (frame.iloc[:0], frame)
    ]
    assert [t.uid for t in figures[0].data] == [t.uid for t in figures[1].data]
    assert figures[0].layout.uirevision == figures[1].layout.uirevision
    pd.testing.assert_frame_equal(frame, before)


def test_singular_values_in_powers_of_ten() -> None:
    ten = math.log(10)
    logs = {(lag, index): -lag * index * ten for lag in (1, 2, 5) for index in (0, 1, 2)}
    figure = singular_values(values(logs), cell="rnn")
    assert list(trace(figure, "rnn/median").x) == [1, 2, 5]
    assert list(trace(figure, "rnn/median").y) == pytest.approx([-1, -2, -5])
    assert list(trace(figure, "rnn/largest").y) == pytest.approx([0, 0, 0])
    assert list(trace(figure, "rnn/smallest").y) == pytest.approx([-2, -4, -10])
    assert list(trace(figure, "one").y) == [0, 0]
    assert list(trace(figure, "rnn/fan").x) == [1, 2, 5, 5, 2, 1]
    assert figure.layout.yaxis.tickprefix == "10<sup>"
    check_json(figure)


def test_singular_values_of_several_sequences_are_averaged() -> None:
    both = pd.concat([values({(1, 0): 0.0, (1, 1): -2.0}), values({(1, 0): 2.0, (1, 1): -4.0})])
    fan = spread(both) * math.log(10)
    assert list(fan.loc[1, ["smallest", "largest"]]) == pytest.approx([-3, 1])


def test_lost_directions_are_gaps() -> None:
    logs = {(1, 0): 0.0, (1, 1): -1.0, (2, 0): -1.0, (2, 1): -np.inf, (3, 0): np.nan}
    figure = singular_values(values(logs), cell="rnn")
    assert list(trace(figure, "rnn/smallest").y)[1:] == [None, None]
    assert list(trace(figure, "rnn/fan").x) == [1, 1]
    check_json(figure)
    tiny = singular_values(values({(1000, 0): -5000.0}), cell="rnn")
    assert trace(tiny, "rnn/largest").y[0] == pytest.approx(-2171, abs=1)


def test_no_singular_values() -> None:
    figure = singular_values(values({}), cell="lstm")
    assert trace(figure, "lstm/median").name.startswith("LSTM")
    check_json(figure)
