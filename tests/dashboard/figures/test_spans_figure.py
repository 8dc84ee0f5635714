"""The spans of a person and of cells on one axis."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.spans import PERSON_COLOR, spans_side_by_side
from models.analysis.memory_game import PERSON
from models.analysis.memory_span import COLUMNS, DIVERGED
from tests.dashboard.figures.drawn import check_json, contrast, trace

SPANS = pd.DataFrame(
    [
        ("rnn", 17.0, "", 12.0, 25.0, "17", "12–25"),
        ("lstm", 200.0, ">", 150.0, np.inf, "> 200", "from 150"),
        ("gru", np.nan, "", np.nan, np.nan, DIVERGED, ""),
        (PERSON, 12.0, "", np.nan, np.nan, "12", ""),
    ],
    columns=list(COLUMNS),
)


def test_the_person_is_first_and_each_span_stands_at_its_length() -> None:
    figure = spans_side_by_side(SPANS)
    check_json(figure)
    marks = trace(figure, "spans")
    assert list(figure.layout.yaxis.ticktext) == ["<b>You</b>", "RNN", "LSTM", "GRU"]
    assert list(figure.layout.yaxis.tickvals) == list(marks.y) == [3, 2, 1, 0]
    assert list(marks.x)[:3] == [12, 17, 200]
    texts = trace(figure, "texts")
    assert [text.strip() for text in texts.text] == ["12", "17", "> 200", DIVERGED]
    assert list(texts.y) == list(marks.y)
    assert list(marks.marker.symbol)[:3] == ["circle", "circle", "triangle-right"]


def test_a_cell_without_a_span_has_its_word_and_no_mark() -> None:
    marks = trace(spans_side_by_side(SPANS), "spans")
    assert list(marks.marker.opacity) == [1, 1, 1, 0]


def test_an_interval_ends_at_the_latest_with_the_axis() -> None:
    figure = spans_side_by_side(SPANS)
    whiskers = trace(figure, "intervals")
    right = 10 ** figure.layout.xaxis.range[1]
    assert list(whiskers.x) == [12, 25, None, 150, pytest.approx(right), None]
    assert list(whiskers.y) == [2, 2, None, 1, 1, None]
    assert math.isfinite(right)


def test_a_person_alone_is_drawn() -> None:
    figure = spans_side_by_side(SPANS[SPANS["cell"] == PERSON])
    assert list(trace(figure, "spans").x) == [12]


def test_the_persons_colour_is_seen_in_both_themes() -> None:
    assert contrast(PERSON_COLOR, "#ffffff") >= 3
    assert contrast(PERSON_COLOR, "#0e1117") >= 3
