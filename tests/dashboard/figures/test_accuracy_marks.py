"""Memory spans, guesses and predictions on the accuracy figure."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest

from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.style import cell_style
from tests.dashboard.figures.drawn import Make, check_json, trace, uids

SPANS = pd.DataFrame(
    [
        ("rnn", 30.0, 10.0, 40.0, "", "30", "< 20–40"),
        ("lstm", 71.0, 50.0, 100.0, "", "between 50 and 100", ""),
        ("gru", 200.0, 200.0, math.inf, ">", "> 200", ""),
    ],
    columns=["cell", "span", "low", "high", "bound", "text", "interval"],
)


def test_memory_span_stands_at_its_length_with_its_interval(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    figure = accuracy_by_length(accuracy(), baselines=baselines, spans=SPANS)
    span = trace(figure, "rnn/span")
    assert (list(span.x), list(span.y)) == ([30, 30], [0.625, 0])
    assert (span.error_x.array[0], span.error_x.arrayminus[0]) == (10, 10)  # not left of 20
    assert "memory span 30 (< 20–40)" in span.hovertext
    span = trace(figure, "lstm/span")
    assert (span.error_x.array[0], span.error_x.arrayminus[0]) == (29, 21)
    assert span.hovertext.endswith("memory span between 50 and 100")
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


def test_equal_guesses_do_not_hide_each_other(accuracy: Make, baselines: pd.DataFrame) -> None:
    cells = ("gru", "lstm", "rnn")
    figure = accuracy_by_length(accuracy(), baselines=baselines, guesses=dict.fromkeys(cells, 50.0))
    drawn = [trace(figure, f"{cell}/guess") for cell in cells]
    assert len({line.x[0] for line in drawn}) == 3
    assert all(line.x[0] == pytest.approx(50, rel=0.02) for line in drawn)
    heights = sorted(line.y[1] for line in drawn)
    assert min(high - low for low, high in itertools.pairwise(heights)) > 0.06


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
        assert 200 < beyond.x[0] < further.x[0] < high, "a little apart"
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


def test_names_of_baselines_stand_where_most_is_learnt(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    """Data reach down to chance at the longest lengths first."""
    notes = accuracy_by_length(accuracy(), baselines=baselines).layout.annotations
    assert {(note.x, note.xanchor) for note in notes} == {(0, "left")}


def test_names_of_predictions_are_clear_of_each_other_and_of_the_baselines(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    """In a narrow plot a name at the left end reaches across half of it."""
    predictions = {"rnn": 28.0, "lstm": 80.0, "lstm:bias=chrono": math.inf, "gru": 25.0}
    figure = accuracy_by_length(accuracy(), baselines=baselines, predictions=predictions)
    from_the_left = sorted(predictions, key=lambda cell: predictions[cell])
    heights = [trace(figure, f"{cell}/predicted").y[1] for cell in from_the_left]
    assert heights == sorted(set(heights))


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
    lines = ("/span", "/guess", "/predicted")
    assert not [uid for uid in uids(figure) if uid.endswith(lines)]
