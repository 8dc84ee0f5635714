from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.race.learning import gradient_norm, learning_curves
from models.analysis.over_training import thin
from tests.dashboard.figures.drawn import Make, check_json, trace


def norms(training: Make, values: list[float], seeds: int = 1) -> pd.DataFrame:
    """One LSTM at T = 50 with these gradient norms, the same for every seed."""
    frame = training(cells=("lstm",), lengths=(50,), seeds=seeds, steps=len(values))
    return frame.assign(gradient_norm=values * seeds, clipped=[v > 1 for v in values] * seeds)


def test_mean_over_seeds_at_one_length(
    accuracy: Make, training: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy()
    figure = learning_curves(frame, training(steps=50), length=100, baselines=baselines)
    line = trace(figure, "gru/mean")
    own = frame[(frame["cell"] == "gru") & (frame["length"] == 100)]
    assert list(line.x) == list(range(0, 401, 20))
    assert list(line.y) == pytest.approx(own.groupby("step")["accuracy"].mean(), abs=1e-4)
    assert "over 3 seeds" in line.hovertemplate
    check_json(figure)


def test_seeds_are_one_faint_trace_with_gaps(
    accuracy: Make, training: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy(steps=(0, 20, 40))
    figure = learning_curves(frame, training(steps=40), length=50, baselines=baselines)
    seeds = trace(figure, "lstm/seeds")
    assert list(seeds.x) == [0, 20, 40, None] * 3
    assert [seed for seed, _ in seeds.customdata[4:8]] == ["1"] * 4
    assert seeds.opacity < 1


def test_chance_crosses_the_plot(accuracy: Make, training: Make, baselines: pd.DataFrame) -> None:
    figure = learning_curves(accuracy(), training(), length=100, baselines=baselines)
    line = trace(figure, "baseline/chance; sees the last step only")
    assert (list(line.x), list(line.y)) == ([0, 400], [0.25, 0.25])


def test_loss_shows_the_training_batches_too(
    accuracy: Make, training: Make, baselines: pd.DataFrame
) -> None:
    batches = training(steps=100)
    figure = learning_curves(accuracy(), batches, length=20, baselines=baselines, measure="loss")
    own = batches[(batches["cell"] == "rnn") & (batches["length"] == 20)]
    line = trace(figure, "rnn/batches")
    assert list(line.y) == pytest.approx(own.groupby("step")["loss"].mean(), rel=1e-3)
    assert figure.layout.yaxis.type == "log"
    check_json(figure)


def test_thin_takes_means_of_equal_bins() -> None:
    line = pd.Series(np.arange(1, 1001, dtype=float), index=range(1, 1001))
    few = thin(line)
    assert len(few) == 200
    assert few.iloc[0] == 3  # the mean of 1, 2, 3, 4, 5
    assert few.index[0] == 3
    assert thin(line.iloc[:200]).tolist() == line.iloc[:200].tolist()


def test_long_training_is_thinned(accuracy: Make, training: Make, baselines: pd.DataFrame) -> None:
    batches = training(cells=("rnn",), lengths=(20,), seeds=1, steps=900)
    figure = learning_curves(
        accuracy(cells=("rnn",), lengths=(20,), seeds=1),
        batches,
        length=20,
        baselines=baselines,
        measure="loss",
    )
    assert len(trace(figure, "rnn/batches").x) == 180
    norm = gradient_norm(batches, length=20, clip=1, clip_by="norm")
    assert len(trace(norm, "rnn/norm").x) == 180


def test_diverged_seed_leaves_the_mean_of_the_others(
    accuracy: Make, training: Make, baselines: pd.DataFrame
) -> None:
    frame = accuracy(cells=("rnn",), lengths=(20,), seeds=2, steps=(0, 20))
    frame["accuracy"] = [0.25, math.nan, 0.25, 0.5]
    figure = learning_curves(frame, training(steps=5), length=20, baselines=baselines)
    assert list(trace(figure, "rnn/mean").y) == [0.25, 0.5]
    check_json(figure)


def test_nothing_measured_yet(accuracy: Make, training: Make, baselines: pd.DataFrame) -> None:
    no_accuracy, no_training = accuracy().iloc[:0], training(steps=1).iloc[:0]
    for measure in ("accuracy", "loss"):
        figure = learning_curves(
            no_accuracy,
            no_training,
            length=100,
            baselines=baselines,
            measure=measure,
            cells=("rnn", "gru"),
        )
        assert trace(figure, "gru/mean").name == "GRU"
        check_json(figure)
    figure = gradient_norm(no_training, length=100, clip=1, clip_by="norm", cells=("rnn",))
    assert trace(figure, "rnn/norm").name == "RNN"
    check_json(figure)


def test_gradient_norm_is_the_geometric_mean_over_seeds(training: Make) -> None:
    frame = norms(training, [1.0, 1.0, 1.0], seeds=2)
    frame["gradient_norm"] = [1.0, 4.0, 0.0, 100.0, 1.0, 2.0]
    line = trace(gradient_norm(frame, length=50, clip=0, clip_by="norm"), "lstm/norm")
    assert list(line.x) == [1, 2, 3]
    assert list(line.y) == pytest.approx([10, 2, 2])


def test_clipping_threshold_and_share(training: Make) -> None:
    figure = gradient_norm(
        norms(training, [0.5, 2.0, 3.0, 4.0]), length=50, clip=1.0, clip_by="norm"
    )
    assert list(trace(figure, "clip").y) == [1, 1]
    assert [note.text for note in figure.layout.annotations] == ["clipped above 1"]
    line = trace(figure, "lstm/norm")
    assert line.name == "LSTM (75%)"
    assert "75% of all steps so far were clipped" in line.hovertemplate
    free = gradient_norm(norms(training, [0.5, 2.0]), length=50, clip=0, clip_by="norm")
    assert trace(free, "lstm/norm").name == "LSTM"
    assert "clip" not in [trace.uid for trace in free.data]


def test_a_threshold_on_each_value_is_no_norm(training: Make) -> None:
    frame = norms(training, [0.5, 2.0, 3.0, 4.0])
    figure = gradient_norm(frame, length=50, clip=0.1, clip_by="value")
    assert "clip" not in [trace.uid for trace in figure.data]
    assert not figure.layout.annotations
    assert "before each value is clipped at ± 0.1" in figure.layout.legend.title.text
    assert trace(figure, "lstm/norm").name == "LSTM (75%)"


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_overflow_is_marked_once_for_each_model(training: Make, bad: float) -> None:
    figure = gradient_norm(
        norms(training, [0.5, 7.0, bad, bad], seeds=2), length=50, clip=1, clip_by="norm"
    )
    marks = trace(figure, "lstm/overflow")
    assert list(marks.x) == [3, 3]
    assert "× overflow" in figure.layout.legend.title.text
    assert ["seed 0" in text for text in marks.hovertext] == [True, False]
    assert list(marks.y) == [7, 7]
    assert list(trace(figure, "lstm/norm").x) == [1, 2]
    check_json(figure)


def test_overflow_at_the_first_step(training: Make) -> None:
    figure = gradient_norm(norms(training, [math.inf]), length=50, clip=1, clip_by="norm")
    assert list(trace(figure, "lstm/overflow").x) == [1]
    check_json(figure)


def test_zoom_survives_updates(accuracy: Make, training: Make, baselines: pd.DataFrame) -> None:
    late, early = training(steps=30), training(steps=10)
    one, other = (gradient_norm(rows, length=50, clip=1, clip_by="norm") for rows in (early, late))
    assert one.layout.uirevision == other.layout.uirevision
    assert [t.uid for t in one.data] == [t.uid for t in other.data]
    elsewhere = gradient_norm(late, length=100, clip=1, clip_by="norm")
    assert elsewhere.layout.uirevision != other.layout.uirevision
    curves = [
        learning_curves(accuracy(), rows, length=50, baselines=baselines) for rows in (early, late)
    ]
    assert curves[0].layout.uirevision == curves[1].layout.uirevision
