from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from dashboard.figures.gradient_flow.horizons import NONE, horizon_table, horizons, influence_by_lag
from tests.dashboard.figures.drawn import Make, check_json, trace

CELLS = ("rnn", "lstm")


def measured(diagnostics: Make, **more: Any) -> pd.DataFrame:
    """By gradient 5, then 12; by behaviour 0."""
    courses = {"horizon_by_gradient": [5.0, 12.0], "horizon_by_behaviour": [0.0], "other": [7.0]}
    frame: pd.DataFrame = diagnostics(courses, **{"lengths": (20, 100), **more})
    return frame


def test_the_two_horizons_stand_at_one_place(diagnostics: Make) -> None:
    figure = horizons(measured(diagnostics))
    by_gradient, by_behaviour = trace(figure, "rnn/gradient"), trace(figure, "rnn/behaviour")
    assert by_gradient.x == by_behaviour.x
    assert by_gradient.marker.symbol.endswith("-open")
    assert list(by_gradient.y) == [12, 12]  # the latest
    assert list(by_behaviour.y) == [NONE, NONE]  # 0 has a place on the log axis
    assert "horizon by behaviour: 0 steps back" in by_behaviour.hovertext[0]
    assert figure.layout.yaxis.ticktext[0] == "0"
    assert list(trace(figure, "rnn/joined").y) == [NONE, 12, None] * 2
    assert trace(figure, "lstm/gradient").x[0] > by_gradient.x[0]
    check_json(figure)


def test_the_whole_sequence_is_the_most(diagnostics: Make) -> None:
    line = trace(horizons(measured(diagnostics)), "whole sequence")
    for x, y in zip(line.x, line.y, strict=True):
        assert y == pytest.approx(x - 1, abs=0.05)


def test_median_and_range_over_seeds(diagnostics: Make) -> None:
    frame = measured(diagnostics, cells=("rnn",), lengths=(20,), seeds=3)
    rows = frame[(frame["diagnostic"] == "horizon_by_gradient") & (frame["step"] == 20)]
    table = horizon_table(rows.assign(value=[3.0, 19.0, 4.0]))
    assert list(table.loc[0, ["low", "median", "high", "seeds"]]) == [3, 4, 19, 3]
    table = horizon_table(rows.assign(value=[3.0, math.nan, 4.0]))
    assert list(table.loc[0, ["median", "seeds"]]) == [3.5, 2]


def test_lengths_can_be_chosen_and_known_before(diagnostics: Make) -> None:
    figure = horizons(measured(diagnostics), lengths=(100, 200))
    assert list(figure.layout.xaxis.tickvals) == [100, 200]
    assert len(trace(figure, "rnn/gradient").x) == 1


def test_nothing_measured_yet(diagnostics: Make, influence: Make, gradients: Make) -> None:
    nothing = diagnostics({})
    for figure in (
        horizons(nothing),
        horizons(nothing, lengths=(20, 50), cells=("rnn",)),
        influence_by_lag(influence().iloc[:0], gradients().iloc[:0], length=50, cells=("rnn",)),
    ):
        check_json(figure)
    assert trace(figure, "rnn/influence").name == "RNN"


def test_identity_survives_updates_and_inputs_stay(
    diagnostics: Make, influence: Make, gradients: Make
) -> None:
    late, changed, norms = measured(diagnostics), influence(cells=CELLS), gradients()
    copies = [frame.copy() for frame in (late, changed, norms)]
    pairs = [
        [horizons(rows, lengths=(20, 100), cells=CELLS) for rows in (late.iloc[:0], late)],
        [
            influence_by_lag(rows, norms.iloc[:0], length=100, cells=CELLS)
            for rows in (changed.iloc[:0], changed)
        ],
    ]
    for one, other in pairs:
        assert [t.uid for t in one.data] == [t.uid for t in other.data]
        assert one.layout.uirevision == other.layout.uirevision
    for frame, copy in zip((late, changed, norms), copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_influence_and_gradient_share_the_lag(influence: Make, gradients: Make) -> None:
    norms = gradients(lengths=(100,), seeds=1)
    figure = influence_by_lag(influence(), norms, length=100)
    changes, line = trace(figure, "gru/influence"), trace(figure, "gru/gradient")
    shares = dict(zip(changes.x, changes.y, strict=True))
    assert (shares[0], shares[10], shares[11], shares[99]) == (0.5, 0.5, 0, 0)  # mean over seeds
    assert line.yaxis == "y2"
    relative = dict(zip(line.x, line.y, strict=True))
    own = norms.query("cell == 'gru' and step == 400").set_index("t")["gradient_norm"]
    assert relative[0] == 1
    assert relative[30] == pytest.approx(own[70] / own[100], rel=1e-3)
    assert (figure.layout.xaxis.anchor, figure.layout.xaxis.position) == ("free", 0)
    assert figure.layout.yaxis2.type == "log"
    check_json(figure)


def test_influence_of_the_last_measurement(influence: Make, gradients: Make) -> None:
    later = influence(cells=("rnn",), seeds=1).assign(step=800, influence=1.0)
    both = pd.concat([later, influence(cells=("rnn",), seeds=1)])
    figure = influence_by_lag(both, gradients().iloc[:0], length=100)
    assert set(trace(figure, "rnn/influence").y) == {1}


def test_vanished_and_broken_gradients_are_gaps(influence: Make, gradients: Make) -> None:
    norms = gradients(cells=("rnn",), lengths=(3,), seeds=1, steps=(0,))
    for values, expected in (
        ([0.0, 1.0, 2.0], [None, 0.5, 1]),
        ([math.inf, 1.0, 2.0], [None, 0.5, 1]),
        ([1.0, 1.0, 0.0], [None, None, None]),
    ):
        figure = influence_by_lag(
            influence().iloc[:0], norms.assign(gradient_norm=values), length=3
        )
        assert list(trace(figure, "rnn/gradient").y) == expected
        check_json(figure)
