from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.race.accuracy import NAME_GAP, accuracy_by_length
from dashboard.figures.race.curves import curves
from dashboard.figures.race.marks import LINE
from dashboard.figures.style import cell_style
from tests.dashboard.figures.drawn import Make, check_json, trace, uids

GONE = ("rnn", "gru")


def small(accuracy: Make, values: list[float], **more: Any) -> pd.DataFrame:
    """One cell, one length, these accuracies."""
    frame = accuracy(cells=("lstm",), lengths=(50,), seeds=len(values), steps=(10,))
    return frame.assign(accuracy=values, **more)


def test_means_stand_at_their_lengths(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    figure = accuracy_by_length(frame, baselines=baselines)
    line = trace(figure, "gru/mean")
    last = frame[(frame["cell"] == "gru") & (frame["step"] == 400)]
    assert list(line.x) == [20, 50, 100, 200]
    assert list(line.y) == pytest.approx(last.groupby("length")["accuracy"].mean(), abs=1e-4)
    style = cell_style("gru")
    assert (line.line.color, line.line.dash) == (style.color, style.dash)
    assert line.marker.symbol == style.symbol
    check_json(figure)


def test_every_seed_has_a_dot_beside_its_length(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    figure = accuracy_by_length(frame, baselines=baselines)
    dots = trace(figure, "rnn/seeds")
    heights = {tuple(model[:2]): y for model, y in zip(dots.customdata, dots.y, strict=True)}
    last = frame[(frame["cell"] == "rnn") & (frame["step"] == 400)]
    assert len(heights) == 12
    for _, row in last.iterrows():
        assert heights[row["length"], row["seed"]] == pytest.approx(row["accuracy"], abs=1e-4)
    at_50 = [x for x, (length, *_) in zip(dots.x, dots.customdata, strict=True) if length == 50]
    assert at_50[0] < at_50[1] == 50 < at_50[2] < 53


def test_whiskers_are_the_interval(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    figure = accuracy_by_length(frame, baselines=baselines)
    (curve,) = [curve for curve in curves(frame, [400])[0] if curve.cell == "lstm"]
    line = trace(figure, "lstm/whiskers")
    above, below = line.error_y.array, line.error_y.arrayminus
    for y, up, down, row in zip(line.y, above, below, curve.means, strict=True):
        assert (y + up, y - down) == pytest.approx((row["high"], row["low"]), abs=1e-3)
    assert line.error_y.color == cell_style("lstm").color


def test_whiskers_of_two_cells_stand_side_by_side(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy(), baselines=baselines)
    at_50 = [x for one in figure.data if one.uid.endswith("/whiskers") for x in one.x[1:2]]
    assert len(set(at_50)) == len(at_50) > 1
    assert all(abs(x / 50 - 1) < 0.1 for x in at_50)


def test_names_stand_at_the_ends_of_lines_and_apart(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    figure = accuracy_by_length(accuracy(), baselines=baselines)
    names = [one for one in figure.data if one.uid.endswith("/name")]
    heights = sorted(one.y[0] for one in names)
    assert all(high - low >= NAME_GAP - 1e-6 for low, high in pairwise(heights))
    for one in names:
        cell = one.uid.removesuffix("/name")
        assert cell_style(cell).label in one.text[0]
        assert abs(one.y[0] - trace(figure, f"{cell}/mean").y[-1]) < NAME_GAP * len(names)
    assert figure.layout.margin.r > 14
    loss = accuracy_by_length(accuracy(), baselines=baselines, measure="loss")
    assert not [one for one in loss.data if one.uid.endswith(("/name", "/whiskers"))]


def test_solved_are_counted_beneath(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy().assign(solved=False)
    gru = frame["cell"] == "gru"
    frame.loc[gru & (frame["length"] == 20), "solved"] = True
    frame.loc[gru & (frame["length"] == 50) & (frame["seed"] < 2), "solved"] = True
    row = trace(accuracy_by_length(frame, baselines=baselines), "gru/solved")
    assert row.yaxis == "y2"
    assert [re.sub("<.*?>", "", text) for text in row.text] == ["3/3", "2/3", "0/3", "0/3"]
    assert row.marker.line.color[0] == cell_style("gru").color
    assert row.marker.line.color[1] != row.marker.line.color[2]
    assert "solved by 2 of 3 seeds" in row.hovertext[1]
    assert "9% to 99%" in row.hovertext[1]


def test_hover_says_which_model(accuracy: Make, baselines: pd.DataFrame) -> None:
    dots = trace(accuracy_by_length(accuracy(), baselines=baselines), "lstm:bias=chrono/seeds")
    assert dots.hovertemplate == (
        "LSTM, chrono bias · T = %{customdata[0]} · seed %{customdata[1]} · "
        "accuracy %{customdata[2]}%{customdata[3]}<extra></extra>"
    )


def test_diverged_models_are_crosses(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    bad = (frame["cell"] == "rnn") & (frame["length"] == 200) & (frame["seed"] == 2)
    frame.loc[bad, "diverged"] = True
    frame.loc[bad, ["accuracy", "loss"]] = math.nan
    for measure in ("accuracy", "loss"):
        figure = accuracy_by_length(frame, baselines=baselines, measure=measure)
        cross = trace(figure, "rnn/diverged")
        assert cross.marker.symbol == "x"
        assert [list(model)[:2] for model in cross.customdata] == [[200, 2]]
        assert cross.y[0] == 0 if measure == "accuracy" else cross.y[0] > math.log(4)
        assert [200, 2] not in [list(model)[:2] for model in trace(figure, "rnn/seeds").customdata]
        assert figure.layout.legend.title.text == "× diverged"
        check_json(figure)
    fine = accuracy_by_length(accuracy(), baselines=baselines)
    assert fine.layout.legend.title.text is None


def test_one_seed_has_no_whiskers(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy(seeds=1), baselines=baselines)
    assert len(trace(figure, "gru/whiskers").x) == 0
    assert "over 1 seed" in trace(figure, "gru/mean").hovertext[0]
    assert "interval" not in trace(figure, "gru/mean").hovertext[0]
    assert trace(figure, "gru/seeds").x[1] == 50
    check_json(figure)


def test_two_seeds_have_dots_and_a_mean_but_no_whiskers(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    figure = accuracy_by_length(accuracy(seeds=2), baselines=baselines)
    assert len(trace(figure, "gru/whiskers").x) == 0
    assert len(trace(figure, "gru/seeds").x) == 8
    hover = trace(figure, "gru/mean").hovertext[0]
    assert hover.endswith("over 2 seeds<br>whiskers need at least 3 seeds")
    one = accuracy_by_length(accuracy(lengths=(50,), seeds=2), baselines=baselines)
    assert len(trace(one, "gru/whiskers").x) == 0
    check_json(one)


def test_one_length_has_bars_side_by_side(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy(cells=("rnn", "lstm"), lengths=(50,))
    figure = accuracy_by_length(frame, baselines=baselines[baselines["length"] == 50])
    left, right = trace(figure, "rnn/mean"), trace(figure, "lstm/mean")
    assert left.x[0] < 50 < right.x[0]
    whiskers = trace(figure, "rnn/whiskers")
    assert whiskers.x[0] == left.x[0]
    assert whiskers.error_y.array[0] > 0
    chance = trace(figure, "baseline/chance; sees the last step only")
    assert chance.x[0] < left.x[0] < right.x[0] < chance.x[1]
    check_json(figure)


def test_one_length_and_one_seed(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(small(accuracy, [0.7]), baselines=baselines.query("length == 50"))
    assert list(trace(figure, "lstm/mean").y) == [0.7]
    check_json(figure)


def test_loss_is_on_a_log_axis_without_zeros(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = small(accuracy, [1.0, 1.0, 1.0], loss=[0.5, 0.0, math.nan])
    figure = accuracy_by_length(frame, baselines=baselines, measure="loss")
    assert figure.layout.yaxis.type == "log"
    assert list(trace(figure, "lstm/seeds").y) == [0.5, None, None]
    ladder = [trace for trace in figure.data if trace.uid.startswith("baseline")]
    assert [line.y[0] for line in ladder] == pytest.approx([math.log(2), math.log(4)])
    labels = [note.y for note in figure.layout.annotations]
    assert labels == pytest.approx([math.log10(math.log(2)), math.log10(math.log(4))])
    check_json(figure)


def test_ladder_is_drawn_and_named(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy(), baselines=baselines)
    line = trace(figure, "baseline/chance; sees the last step only")
    assert (list(line.x), list(line.y)) == ([20, 50, 100, 200], [0.25] * 4)
    names = [note.text for note in figure.layout.annotations]
    assert names == ["chance; sees the last step only", "remembers one informative symbol"]


def test_names_of_rungs_close_together_do_not_cover_each_other(accuracy: Make) -> None:
    rows = [("a", 0.04), ("b", 0.079), ("c", 0.08)]
    close = pd.DataFrame(
        [(name, length, value, 1.0) for name, value in rows for length in (20, 50, 100, 200)],
        columns=["name", "length", "accuracy", "loss"],
    )
    notes = accuracy_by_length(accuracy(), baselines=close).layout.annotations
    sides = [(note.yanchor, note.yshift) for note in notes if note.text in ("a", "b", "c")]
    assert sides == [("top", 0), ("bottom", 0), ("bottom", LINE)]


@pytest.mark.parametrize("log", [True, False])
def test_ticks_are_the_lengths(accuracy: Make, baselines: pd.DataFrame, log: bool) -> None:
    axis = accuracy_by_length(accuracy(), baselines=baselines, log_length=log).layout.xaxis
    assert axis.type == ("log" if log else "linear")
    assert list(axis.tickvals) == [20, 50, 100, 200]
    low, high = (10**end if log else end for end in axis.range)
    assert low < 20 < 200 < high


def test_accuracy_axis_is_fixed(accuracy: Make, baselines: pd.DataFrame) -> None:
    low, high = accuracy_by_length(accuracy(), baselines=baselines).layout.yaxis.range
    assert -0.1 < low < 0
    assert 1 < high < 1.1


def test_before_the_first_point(accuracy: Make, baselines: pd.DataFrame) -> None:
    nothing = accuracy().iloc[:0]
    figure = accuracy_by_length(nothing, baselines=baselines)
    assert list(figure.layout.xaxis.tickvals) == [20, 50, 100, 200]
    assert {uid.partition("/")[0] for uid in uids(figure)} == {"baseline"}
    check_json(figure)
    listed = accuracy_by_length(nothing, baselines=baselines, cells=GONE)
    assert trace(listed, "gru/mean").name == "GRU"
    assert list(trace(listed, "gru/mean").x) == [None]  # a trace of length 0 is not in the legend
    check_json(listed)


def test_identity_survives_updates(accuracy: Make, baselines: pd.DataFrame) -> None:
    cells = ("rnn", "lstm", "gru")
    early = accuracy(cells=("gru", "rnn"), steps=(0,))
    late = accuracy(cells=("rnn", "lstm", "gru"))
    figures = [
        accuracy_by_length(frame, baselines=baselines, cells=cells)
        for frame in (early.iloc[:0], early, late.sample(frac=1, random_state=0))
    ]
    assert uids(figures[0]) == uids(figures[1]) == uids(figures[2])
    assert len(set(uids(figures[0]))) == len(uids(figures[0]))
    assert len({figure.layout.uirevision for figure in figures}) == 1
    assert len({figure.layout.height for figure in figures}) == 1
    hidden = [trace.legendgroup for trace in figures[2].data if trace.uid.startswith("lstm/")]
    assert set(hidden) == {"lstm"}


def test_zoom_is_not_kept_where_the_axes_change(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    kinds = {
        accuracy_by_length(
            frame, baselines=baselines, log_length=log, measure=measure
        ).layout.uirevision
        for log in (True, False)
        for measure in ("accuracy", "loss")
    }
    assert len(kinds) == 4


def test_rows_in_any_order_draw_the_same(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    shuffled = frame.sample(frac=1, random_state=1)
    one, other = (
        accuracy_by_length(rows, baselines=baselines).to_json() for rows in (frame, shuffled)
    )
    assert one == other


def test_text_of_crowded_lengths_is_left_to_the_hover(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy(cells=("rnn",), lengths=(20, 22, 100, 200), seeds=2)
    figure = accuracy_by_length(frame, baselines=baselines, log_length=False)
    assert figure.layout.xaxis.ticktext[0] == ""
    row = trace(figure, "rnn/solved")
    assert row.text[0] == ""
    assert "T = 20" in row.hovertext[0]
    assert np.count_nonzero([bool(text) for text in row.text]) == 3
