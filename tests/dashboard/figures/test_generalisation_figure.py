from __future__ import annotations

import pandas as pd
import pytest

from dashboard.figures.race.generalisation import generalisation_by_length
from dashboard.figures.style import cell_style
from tests.dashboard.figures.drawn import Make, trace


def test_one_line_for_each_cell_and_trained_length(
    generalisation: Make, baselines: pd.DataFrame
) -> None:
    frame = generalisation(cells=("rnn", "gru"), lengths=(20, 50))
    figure = generalisation_by_length(frame, baselines=baselines)
    line = trace(figure, "gru/trained at 20")
    own = frame[(frame["cell"] == "gru") & (frame["length"] == 20)]
    assert list(line.x) == [20, 50, 100, 200, 400]
    assert list(line.y) == pytest.approx(own.groupby("test_length")["accuracy"].mean(), abs=1e-4)
    assert line.line.color == cell_style("gru").color
    assert line.opacity < trace(figure, "gru/trained at 50").opacity == 1
    assert list(line.marker.size) == [12, 4, 4, 4, 4]
    assert list(figure.layout.xaxis.tickvals) == [20, 50, 100, 200, 400]
    assert [t.name for t in figure.data if t.showlegend] == ["RNN", "GRU"]


def test_only_the_last_step_of_a_model_counts(
    generalisation: Make, baselines: pd.DataFrame
) -> None:
    late = generalisation(cells=("rnn",), lengths=(20,), seeds=1)
    early = late.assign(step=100, accuracy=0.0)
    figure = generalisation_by_length(pd.concat([late, early]), baselines=baselines)
    line = trace(figure, "rnn/trained at 20")
    assert list(line.y) == pytest.approx(late["accuracy"].tolist(), abs=1e-4)
    assert "over 1 seed<" in line.hovertemplate


def test_a_cell_without_the_longest_length_is_drawn(
    generalisation: Make, baselines: pd.DataFrame
) -> None:
    frame = generalisation(cells=("rnn", "gru"), lengths=(20, 50))
    frame = frame[(frame["cell"] == "gru") | (frame["length"] == 20)]
    figure = generalisation_by_length(frame, baselines=baselines)
    assert "rnn/trained at 50" not in [t.uid for t in figure.data]
    assert [t.name for t in figure.data if t.showlegend] == ["RNN", "GRU"]


def test_nothing_measured(generalisation: Make, baselines: pd.DataFrame) -> None:
    figure = generalisation_by_length(generalisation().iloc[:0], baselines=baselines)
    assert {t.uid.partition("/")[0] for t in figure.data} == {"baseline"}


def test_a_single_length(generalisation: Make, baselines: pd.DataFrame) -> None:
    frame = generalisation(cells=("rnn",), lengths=(50,), seeds=1, test_lengths=(50,))
    figure = generalisation_by_length(frame, baselines=baselines.query("length == 50"))
    assert list(trace(figure, "rnn/trained at 50").x) == [50]
    assert "NaN" not in figure.to_json()
