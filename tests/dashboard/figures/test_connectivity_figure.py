from __future__ import annotations

import json
import math

from dashboard.figures.gradient_flow.connectivity import connectivity_strip
from tests.dashboard.figures.drawn import trace


def test_a_bar_for_each_step_with_its_symbol() -> None:
    figure = connectivity_strip([0.1, 0.25, 2.0], ["a", "B", "c"], [False, True, False])
    bars = trace(figure, "connectivity")
    assert (list(bars.x), list(bars.y)) == ([1, 2, 3], [0.1, 0.25, 2])
    assert list(bars.hovertext) == ["t = 1 · a · 0.1", "t = 2 · B, matters · 0.25", "t = 3 · c · 2"]
    assert bars.marker.color[0] == bars.marker.color[2] != bars.marker.color[1]
    assert list(trace(figure, "marks").x) == [2]
    assert list(figure.layout.xaxis.ticktext) == ["a", "B", "c"]


def test_symbols_that_do_not_fit_are_left_to_the_hover() -> None:
    figure = connectivity_strip([1.0] * 200, ["a"] * 200, [False] * 200)
    assert figure.layout.xaxis.ticktext is None
    assert (figure.layout.xaxis.tickvals[0], figure.layout.xaxis.tickvals[-1]) == (1, 200)


def test_what_is_not_finite_is_a_gap() -> None:
    figure = connectivity_strip([math.nan, math.inf, 0.0], ["a"] * 3, [True] * 3)
    assert list(trace(figure, "connectivity").y) == [None, None, 0]
    assert not any(word in figure.to_json() for word in ("NaN", "Infinity"))


def test_no_sequence() -> None:
    json.loads(connectivity_strip([], [], []).to_json())


def test_identity_survives_updates() -> None:
    one, other = (connectivity_strip([v, v], ["a", "b"], [True, False]) for v in (0.5, 2.0))
    assert [t.uid for t in one.data] == [t.uid for t in other.data]
    assert one.layout.uirevision == other.layout.uirevision
