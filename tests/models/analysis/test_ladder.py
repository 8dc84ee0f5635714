from __future__ import annotations

import math

import pandas as pd
import pytest

from models.analysis.ladder import ladder, rungs
from models.tasks import make_task
from models.tasks.task import Baseline
from models.tasks.temporal_order import TemporalOrder


class Steps(TemporalOrder):
    """Rungs that agree never, at one length only, in accuracy only, and always."""

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        return (
            Baseline("chance", 0.1, 10 / length),
            Baseline("at 20 like chance", 0.1 if length == 20 else 0.2, 10 / length),
            Baseline("as accurate as chance", 0.1, 5 / length),
            Baseline("same as chance", 0.1, 10 / length),
        )


def test_ladder_has_a_row_for_each_rung_and_length() -> None:
    frame = ladder(make_task("temporal_order:symbols=3"), [100, 20])
    assert list(frame.columns) == ["name", "length", "accuracy", "loss"]
    known = frame[frame["name"] == "remembers two informative symbols"]
    assert known["length"].tolist() == [20, 100]
    assert known["accuracy"].tolist() == [0.5, 0.5]
    assert known["loss"].tolist() == pytest.approx([math.log(2)] * 2)


def test_equal_rungs_are_one_under_a_joint_name() -> None:
    assert ladder(Steps(), [20, 50])["name"].unique().tolist() == [
        "chance; same as chance",
        "at 20 like chance",
        "as accurate as chance",
    ]


def test_rungs_that_coincide_in_the_measure_are_one_line() -> None:
    frame = ladder(Steps(), [20, 50])
    low, high = rungs(frame, "accuracy")
    assert low.name == "chance; same as chance; as accurate as chance"
    assert (low.lengths, low.values) == ((20, 50), (0.1, 0.1))
    assert high.values == (0.1, 0.2)
    assert [line.values for line in rungs(frame, "loss")] == [(0.25, 0.1), (0.5, 0.2)]


def test_a_rung_without_a_value_is_left_out() -> None:
    frame = ladder(make_task("temporal_order"), [20])
    frame.loc[0, "accuracy"] = math.nan
    assert [line.values for line in rungs(frame, "accuracy")] == [(0.5,)]


def test_no_lengths_no_rungs() -> None:
    frame = ladder(make_task("temporal_order"), [])
    assert isinstance(frame, pd.DataFrame)
    assert rungs(frame, "accuracy") == []
