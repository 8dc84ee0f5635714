from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.race.curves import curves
from dashboard.figures.style import cell_style
from tests.dashboard.figures.drawn import check_json, trace

Make = Callable[..., pd.DataFrame]
GONE = ("rnn", "gru")


def uids(figure: go.Figure) -> list[str]:
    return [trace.uid for trace in figure.data]


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
    heights = {(length, seed): y for (length, seed), y in zip(dots.customdata, dots.y, strict=True)}
    last = frame[(frame["cell"] == "rnn") & (frame["step"] == 400)]
    assert len(heights) == 12
    for _, row in last.iterrows():
        assert heights[row["length"], row["seed"]] == pytest.approx(row["accuracy"], abs=1e-4)
    at_50 = [x for x, (length, _) in zip(dots.x, dots.customdata, strict=True) if length == 50]
    assert at_50[0] < at_50[1] == 50 < at_50[2] < 53


def test_band_is_the_interval(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy()
    figure = accuracy_by_length(frame, baselines=baselines)
    (curve,) = [curve for curve in curves(frame, [400])[0] if curve.cell == "lstm"]
    band = trace(figure, "lstm/band")
    assert list(band.x) == [20, 50, 100, 200, 200, 100, 50, 20]
    high, low = ([row[end] for row in curve.means] for end in ("high", "low"))
    edges = high + low[::-1]
    assert list(band.y) == pytest.approx(edges, abs=1e-3)
    assert band.fillcolor == cell_style("lstm").fill


def test_solved_are_counted_beneath(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy().assign(solved=False)
    gru = frame["cell"] == "gru"
    frame.loc[gru & (frame["length"] == 20), "solved"] = True
    frame.loc[gru & (frame["length"] == 50) & (frame["seed"] < 2), "solved"] = True
    row = trace(accuracy_by_length(frame, baselines=baselines), "gru/solved")
    assert row.yaxis == "y2"
    assert [re.sub("<.*?>", "", text) for text in row.text] == ["3/3", "2/3", "0/3", "0/3"]
    assert row.marker.color[0] == cell_style("gru").color
    assert row.marker.color[1] != row.marker.color[2]
    assert "solved by 2 of 3 seeds" in row.hovertext[1]
    assert "9% to 99%" in row.hovertext[1]


def test_hover_says_which_model(accuracy: Make, baselines: pd.DataFrame) -> None:
    dots = trace(accuracy_by_length(accuracy(), baselines=baselines), "lstm:bias=chrono/seeds")
    assert dots.hovertemplate == (
        "LSTM, chrono bias · T = %{customdata[0]} · seed %{customdata[1]} · "
        "accuracy %{y:.3~f}<extra></extra>"
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
        assert [list(model) for model in cross.customdata] == [[200, 2]]
        assert cross.y[0] == 0 if measure == "accuracy" else cross.y[0] > math.log(4)
        assert [200, 2] not in [list(model) for model in trace(figure, "rnn/seeds").customdata]
        assert figure.layout.legend.title.text == "× diverged"
        check_json(figure)
    fine = accuracy_by_length(accuracy(), baselines=baselines)
    assert fine.layout.legend.title.text is None


def test_one_seed_has_no_band(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy(seeds=1), baselines=baselines)
    assert len(trace(figure, "gru/band").x) == 0
    assert "over 1 seed" in trace(figure, "gru/mean").hovertext[0]
    assert "interval" not in trace(figure, "gru/mean").hovertext[0]
    assert trace(figure, "gru/seeds").x[1] == 50
    check_json(figure)


def test_two_seeds_have_dots_and_a_mean_but_no_band(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    figure = accuracy_by_length(accuracy(seeds=2), baselines=baselines)
    assert len(trace(figure, "gru/band").x) == 0
    assert len(trace(figure, "gru/seeds").x) == 8
    hover = trace(figure, "gru/mean").hovertext[0]
    assert hover.endswith("over 2 seeds<br>no band: that takes at least 3 seeds")
    one = accuracy_by_length(accuracy(lengths=(50,), seeds=2), baselines=baselines)
    assert not trace(one, "gru/mean").error_y.array
    check_json(one)


def test_one_length_has_bars_side_by_side(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy(cells=("rnn", "lstm"), lengths=(50,))
    figure = accuracy_by_length(frame, baselines=baselines[baselines["length"] == 50])
    left, right = trace(figure, "rnn/mean"), trace(figure, "lstm/mean")
    assert left.x[0] < 50 < right.x[0]
    assert left.error_y.array[0] > 0
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
    assert sides == [("top", 0), ("bottom", 0), ("bottom", 12)]


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


SPANS = pd.DataFrame(
    [
        ("rnn", 30.0, 10.0, 40.0, "", "30", "< 20–40"),
        ("lstm", 60.0, math.nan, math.nan, "", "60", ""),
        ("gru", 200.0, 200.0, 200.0, ">", "> 200", "> 200"),
    ],
    columns=["cell", "span", "low", "high", "bound", "text", "interval"],
)


def test_memory_span_stands_where_the_mean_crosses(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(accuracy(), baselines=baselines, spans=SPANS)
    span = trace(figure, "rnn/span")
    assert (list(span.x), list(span.y)) == ([30, 30], [0.625, 0])
    assert (span.error_x.array[0], span.error_x.arrayminus[0]) == (10, 10)  # not left of 20
    assert "memory span 30 (< 20–40)" in span.hovertext
    assert trace(figure, "lstm/span").error_x.array[0] == 0
    assert "gru/span" not in uids(figure)
    check_json(figure)


def test_guesses_are_drawn_before_and_after_training(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    guesses = {"gru": 150, "rnn": 50}
    for frame in (accuracy().iloc[:0], accuracy()):
        figure = accuracy_by_length(frame, baselines=baselines, guesses=guesses)
        line = trace(figure, "gru/guess")
        assert set(line.x) == {150}
        assert line.line.dash == "dot"
        assert "GRU" in line.text[1]
        assert line.y[1] != trace(figure, "rnn/guess").y[1]
        check_json(figure)


def test_a_guess_beyond_stands_at_the_right_end(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(
        accuracy(), baselines=baselines, guesses={"gru": math.inf, "rnn": 50}
    )
    line = trace(figure, "gru/guess")
    assert 200 < line.x[0] < 10 ** figure.layout.xaxis.range[1]
    assert "guess: GRU, beyond" in line.text[1]
    assert "beyond all lengths" in line.hovertext
    check_json(figure)


def test_predictions_stand_where_the_gradient_says(accuracy: Make, baselines: pd.DataFrame) -> None:
    predictions = {"rnn": 28.4, "gru": math.inf, "lstm": 3.0, "gru:bias=chrono": 900}
    predictions["lstm:bias=chrono"] = math.nan
    for frame in (accuracy().iloc[:0], accuracy()):
        figure = accuracy_by_length(frame, baselines=baselines, predictions=predictions)
        line = trace(figure, "rnn/predicted")
        assert set(line.x) == {28.4}
        assert line.line.dash == "dashdot"
        assert line.line.color == cell_style("rnn").color
        assert (line.marker.symbol, line.y[0]) == ("triangle-up-open", 0)
        assert "predicted: RNN" in line.text[1]
        low, high = (10**end for end in figure.layout.xaxis.range)
        beyond, further = trace(figure, "gru/predicted"), trace(figure, "gru:bias=chrono/predicted")
        assert 200 < beyond.x[0] == further.x[0] < high
        assert "beyond" in beyond.text[1]
        assert "at every length" in beyond.hovertext
        assert beyond.y[1] != further.y[1]
        below = trace(figure, "lstm/predicted")
        assert low < below.x[0] < 20
        assert "below" in below.text[1]
        assert "lstm:bias=chrono/predicted" not in uids(figure)
        check_json(figure)


def test_predictions_have_their_names_above_guesses(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    figure = accuracy_by_length(
        accuracy(), baselines=baselines, predictions={"gru": 150}, guesses={"gru": 150, "rnn": 50}
    )
    heights = [trace(figure, uid).y[1] for uid in ("gru/predicted", "gru/guess", "rnn/guess")]
    assert len(set(heights)) == 3


def test_no_two_predictions_have_their_names_at_one_height(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    """In a narrow plot the name of one that lies beyond reaches across the others."""
    predictions = {"rnn": 28.0, "lstm": 80.0, "lstm:bias=chrono": math.inf, "gru": 25.0}
    figure = accuracy_by_length(accuracy(), baselines=baselines, predictions=predictions)
    heights = {trace(figure, f"{cell}/predicted").y[1] for cell in predictions}
    assert len(heights) == len(predictions)


def test_predictions_are_in_the_replay(accuracy: Make, baselines: pd.DataFrame) -> None:
    frame = accuracy(cells=("rnn", "gru"))
    figure = accuracy_by_length(frame, baselines=baselines, replay=True, predictions={"lstm": 40})
    now = accuracy_by_length(frame, baselines=baselines, predictions={"lstm": 40})
    assert uids(figure) == uids(now)
    assert set(trace(figure, "lstm/predicted").x) == {40}


def test_predictions_before_any_length_is_known(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(
        accuracy().iloc[:0], baselines=baselines.iloc[:0], predictions={"rnn": math.inf}
    )
    check_json(figure)


def test_loss_has_neither_guess_nor_span(accuracy: Make, baselines: pd.DataFrame) -> None:
    figure = accuracy_by_length(
        accuracy(),
        baselines=baselines,
        spans=SPANS,
        guesses={"rnn": 50},
        predictions={"rnn": 50},
        measure="loss",
    )
    lines = ("/span", "/guess", "/predicted", "/band")
    assert not [uid for uid in uids(figure) if uid.endswith(lines)]


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
    play, pause = figure.layout.updatemenus[0].buttons
    assert (play.method, play.args[0]) == ("animate", None)
    assert list(pause.args[0]) == [None]
    slider = figure.layout.sliders[0]
    assert slider.active == 20
    assert list(slider.steps[3].args[0]) == ["60"]


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
