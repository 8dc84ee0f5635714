from __future__ import annotations

import math
import re

import pandas as pd

from dashboard.figures.gradient_flow.heat_map import gradient_heat_map
from models.analysis.gradient_grid import gradient_grid
from tests.dashboard.figures.drawn import Make, check_json, trace


def small(gradients: Make, *seeds: list[float]) -> pd.DataFrame:
    """An RNN at T = 3 at steps 0 and 20; for each seed the norms of both, one after the other."""
    frame = gradients(cells=("rnn",), lengths=(3,), seeds=len(seeds), steps=(0, 20))
    return frame.assign(gradient_norm=[norm for norms in seeds for norm in norms])


def test_rows_are_training_steps_and_columns_time(gradients: Make) -> None:
    frame = small(gradients, [1e-4, 1e-2, 1, 0.1, 0.1, 0.1], [1e-6, 1e-2, 1, 0.1, 0.1, 0.1])
    figure = gradient_heat_map(frame, cell="rnn", length=3)
    norms = trace(figure, "norms")
    assert (list(norms.x), list(norms.y)) == ([1, 2, 3], [0, 20])
    assert [list(row) for row in norms.z] == [[-5, -2, 0], [-1, -1, -1]]  # median of logs
    assert (norms.zmin, norms.zmax) == (-5, 0)
    assert norms.colorbar.tickprefix == "10<sup>"
    check_json(figure)


def test_zeros_have_a_colour_and_an_overflow_is_marked_where_it_happened(gradients: Make) -> None:
    bad = math.inf
    frame = small(gradients, [0, 0, 1, bad, 1, 1], [1, bad, 1, 1, math.nan, 1])
    figure = gradient_heat_map(frame, cell="rnn", length=3)
    assert [list(row) for row in trace(figure, "norms").z] == [[None, None, 0], [None, None, 0]]
    assert [list(row) for row in trace(figure, "zero").z] == [[1, None, None], [None] * 3]
    overflow = trace(figure, "overflow")
    assert (list(overflow.x), list(overflow.y)) == ([2, 2], [0, 20])
    assert "exactly 0 in float32" in trace(figure, "zero").hovertemplate
    assert "not finite" in overflow.hovertemplate
    assert trace(figure, "key/zero").showlegend
    assert overflow.showlegend
    check_json(figure)


def test_where_all_is_well_there_is_no_key(gradients: Make) -> None:
    figure = gradient_heat_map(gradients(), cell="gru", length=50)
    assert not any(trace.showlegend for trace in figure.data)


def test_a_seed_that_stopped_leaves_the_others(gradients: Make) -> None:
    frame = small(gradients, [1, 1, 1, 0.1, 0.1, 0.1], [100, 1, 1, 1, 1, 1])
    found = gradient_grid(frame[(frame["seed"] == 0) | (frame["step"] == 0)])
    assert found.logs.tolist() == [[1, 0, 0], [-1, -1, -1]]


def test_nothing_measured_yet(gradients: Make) -> None:
    figure = gradient_heat_map(gradients().iloc[:0], cell="rnn", length=50)
    assert len(trace(figure, "norms").x) == 0
    check_json(figure)


def test_one_value_everywhere_has_a_scale(gradients: Make) -> None:
    norms = trace(gradient_heat_map(small(gradients, [1.0] * 6), cell="rnn", length=3), "norms")
    assert norms.zmin < norms.zmax


def test_large_maps_are_thinned_and_keep_their_corners(gradients: Make) -> None:
    steps = tuple(range(0, 2000, 20))
    frame = gradients(cells=("gru",), lengths=(400,), seeds=1, steps=steps)
    figure = gradient_heat_map(frame, cell="gru", length=400)
    norms = trace(figure, "norms")
    assert (norms.x[0], norms.x[-1], norms.y[0], norms.y[-1]) == (1, 400, 0, 1980)
    assert len(figure.to_json()) < 400_000


def test_identity_survives_updates_and_inputs_stay(gradients: Make) -> None:
    late = gradients(cells=("rnn",), lengths=(50,), steps=(0, 20, 40))
    before = late.copy()
    figures = [
        gradient_heat_map(rows, cell="rnn", length=50)
        for rows in (late.iloc[:0], late[late["step"] == 0], late)
    ]
    assert len({tuple(trace.uid for trace in figure.data) for figure in figures}) == 1
    assert len({figure.layout.uirevision for figure in figures}) == 1
    other = gradient_heat_map(late, cell="rnn", length=50, state="c")
    assert other.layout.uirevision != figures[0].layout.uirevision
    pd.testing.assert_frame_equal(late, before)


def test_names_of_maps_are_css_names(gradients: Make) -> None:
    """Plotly looks its colour bars up by them, and draws nothing where that fails."""
    figure = gradient_heat_map(gradients(), cell="lstm:bias=chrono", length=50)
    for drawn in figure.data:
        if drawn.type == "heatmap":
            assert re.fullmatch(r"[a-z]+", drawn.uid)
