from __future__ import annotations

import pandas as pd
import pytest

from dashboard.figures.race.learning_rates import learning_rate_maps
from models.analysis.learning_rate_window import rate_scores
from tests.dashboard.figures.drawn import trace
from tests.models.analysis.test_learning_rate_choice import scores

ACCURACY = {0.001: 0.3, 0.01: 0.9, 0.1: 0.5}


@pytest.fixture
def table() -> pd.DataFrame:
    models = [
        scores("validation", ACCURACY, loss=1.0, cell=cell, length=length)
        for cell in ("rnn", "lstm", "gru", "gru:bias=chrono")
        for length in (20, 50)
    ]
    return rate_scores(pd.concat(models), {20: 0.25, 50: 0.25})


def test_a_map_for_each_cell_has_the_accuracy_of_each_rate_and_length(table: pd.DataFrame) -> None:
    drawn = trace(learning_rate_maps(table), "lstm/rates")
    assert list(drawn.x) == ["20", "50"]
    assert list(drawn.y) == ["0.001", "0.01", "0.1"]
    assert [list(row) for row in drawn.z] == [[0.3, 0.3], [0.9, 0.9], [0.5, 0.5]]
    assert drawn.text[1][0] == "90%"


def test_a_frame_is_around_the_rate_that_is_chosen(table: pd.DataFrame) -> None:
    frames = [shape for shape in learning_rate_maps(table).layout.shapes if shape.xref == "x2"]
    assert [(one.x0, one.x1, one.y0, one.y1) for one in frames] == [
        (-0.5, 0.5, 0.5, 1.5),
        (0.5, 1.5, 0.5, 1.5),
    ]


def test_maps_stand_side_by_side_and_below_each_other(table: pd.DataFrame) -> None:
    layout = learning_rate_maps(table).layout
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
    assert layout.xaxis.domain == layout.xaxis4.domain
    assert layout.yaxis4.domain[1] < layout.yaxis.domain[0]


def test_a_rate_that_a_cell_was_not_measured_with_stays_empty(table: pd.DataFrame) -> None:
    some = table[(table["cell"] != "rnn") | (table["learning_rate"] < 0.1)]
    assert [list(row) for row in trace(learning_rate_maps(some), "rnn/rates").z][2] == [None, None]
