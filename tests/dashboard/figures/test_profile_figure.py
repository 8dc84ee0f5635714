from __future__ import annotations

import math

import pandas as pd
import pytest

from dashboard.figures.gradient_flow.at_initialisation import initial_profiles
from dashboard.figures.gradient_flow.profile import gradient_profile
from models.analysis.median_profile import profile
from tests.dashboard.figures.drawn import Make, check_json, trace


def two_seeds(gradients: Make, first: list[float], second: list[float]) -> pd.DataFrame:
    """An RNN at T = len(first), two seeds with these norms, at step 0 only."""
    frame = gradients(cells=("rnn",), lengths=(len(first),), seeds=2, steps=(0,))
    return frame.assign(gradient_norm=first + second)


def test_initialisation_is_dotted_and_now_is_the_latest_step(gradients: Make) -> None:
    frame = gradients(steps=(0, 200, 400))
    figure = gradient_profile(frame, length=100)
    initialisation, now = trace(figure, "gru/initialisation"), trace(figure, "gru/now")
    assert (initialisation.line.dash, now.line.dash) == ("dot", "solid")
    assert list(now.x) == list(range(1, 101))
    own = frame.query("cell == 'gru' and length == 100 and step == 400 and seed == 1")
    # The seeds' slopes are evenly spaced, so their median is the middle one.
    assert list(now.y) == pytest.approx(own["gradient_norm"].tolist(), rel=1e-3)
    assert initialisation.y[0] < now.y[0]
    assert "step 400" in now.hovertemplate
    assert "at initialisation" in initialisation.hovertemplate
    assert figure.layout.yaxis.type == "log"
    check_json(figure)


def test_median_over_seeds_on_a_log_axis(gradients: Make) -> None:
    found = profile(two_seeds(gradients, [1e-8, 1.0], [1e-4, 4.0]), "now")
    assert found is not None
    assert found.t == (1, 2)
    assert found.norms == pytest.approx((1e-6, 2.0))


def test_underflow_is_a_gap_and_said(gradients: Make) -> None:
    frame = two_seeds(gradients, [0.0, 1e-30, 1.0], [0.0, 0.0, 1.0])
    figure = gradient_profile(frame, length=3)
    now = trace(figure, "rnn/now")
    assert list(now.y) == [None, None, 1]
    assert not now.connectgaps
    assert "exactly 0 in float32 at 2 of 3 steps" in now.hovertemplate
    check_json(figure)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_is_not_finite_is_a_gap(gradients: Make, bad: float) -> None:
    figure = gradient_profile(two_seeds(gradients, [bad, 1.0], [1.0, 1.0]), length=2)
    assert list(trace(figure, "rnn/now").y) == [None, 1]
    check_json(figure)


def test_relative_to_the_end(gradients: Make) -> None:
    frame = gradients()
    absolute, relative = (
        trace(initial_profiles(frame, length=50, relative=r), "lstm/now").y for r in (False, True)
    )
    assert relative[-1] == 1
    assert relative[0] == pytest.approx(absolute[0] / absolute[-1], rel=1e-3)


def test_relative_to_an_end_that_vanished(gradients: Make) -> None:
    frame = two_seeds(gradients, [1.0, 0.0], [1.0, 0.0])
    figure = initial_profiles(frame, length=2)
    assert list(trace(figure, "rnn/now").y) == [None, None]
    check_json(figure)


def test_only_cells_with_the_state_are_listed(gradients: Make) -> None:
    figure = gradient_profile(
        gradients(), length=50, state="c", cells=("rnn", "lstm", "lstm:bias=chrono", "gru")
    )
    assert [t.uid for t in figure.data if t.showlegend] == ["lstm/now", "lstm:bias=chrono/now"]


def test_only_initialisation_is_measured_yet(gradients: Make) -> None:
    figure = gradient_profile(gradients(steps=(0,)), length=50)
    assert trace(figure, "rnn/now").y == trace(figure, "rnn/initialisation").y


def test_nothing_measured_yet(gradients: Make) -> None:
    nothing = gradients(cells=("rnn",)).iloc[:0]
    figure = gradient_profile(nothing, length=50, cells=("rnn", "gru"))
    assert trace(figure, "gru/now").name == "GRU"
    check_json(figure)
    check_json(gradient_profile(nothing, length=50, replay=True))


def test_long_profiles_are_thinned_and_keep_both_ends(gradients: Make) -> None:
    frame = gradients(cells=("gru:bias=chrono",), lengths=(700,), seeds=1)
    now = trace(gradient_profile(frame, length=700), "gru:bias=chrono/now")
    assert len(now.x) == 250
    assert (now.x[0], now.x[-1]) == (1, 700)


def test_identity_survives_updates(gradients: Make) -> None:
    cells = ("rnn", "gru")
    early = gradients(cells=("gru",), steps=(0,))
    late = gradients(cells=("gru", "rnn"))
    one, other = (gradient_profile(rows, length=50, cells=cells) for rows in (early, late))
    assert [t.uid for t in one.data] == [t.uid for t in other.data]
    assert one.layout.uirevision == other.layout.uirevision
    assert one.layout.uirevision != gradient_profile(late, length=20).layout.uirevision


def test_replay(gradients: Make) -> None:
    frame = gradients(cells=("rnn", "gru"), lengths=(50,), steps=(0, 100, 200))
    figure = gradient_profile(frame, length=50, replay=True)
    assert [moment.name for moment in figure.frames] == ["0", "100", "200"]
    until = gradient_profile(frame[frame["step"] <= 100], length=50)
    for place, changes in zip(figure.frames[1].traces, figure.frames[1].data, strict=True):
        assert until.data[place].uid.endswith("/now")
        assert changes.y == until.data[place].y
    assert trace(figure, "rnn/initialisation").y == trace(until, "rnn/initialisation").y


def test_replay_is_small(gradients: Make) -> None:
    frame = gradients(lengths=(200,), seeds=1, steps=tuple(range(0, 400, 20)))
    assert len(gradient_profile(frame, length=200, replay=True).to_json()) < 300_000
