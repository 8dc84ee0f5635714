"""Spans of several runs side by side, and settings by settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.analysis.compared_spans import axes, pivot, ratio_in_words, side_by_side
from models.analysis.comparison import span_ratio
from models.analysis.differences import differences, in_words, trained_alike
from models.analysis.memory_span import memory_spans, span_in_words
from models.analysis.run_summary import (
    RunSummary,
    pooled,
    read_summary,
    summarise_run,
    summary_text,
)
from models.analysis.schema import no_rows
from models.experiment import Experiment

LENGTHS = (20, 50, 100, 200)


def accuracy(**remember: tuple[int, ...]) -> pd.DataFrame:
    """Three seeds of each cell, of which so many remember at each of LENGTHS; -1 have diverged."""
    rows = [
        {
            "run": "r", "task": "adding", "cell": cell, "length": length, "seed": seed,
            "learning_rate": 0.01, "step": 4, "accuracy": float(seed < count),
            "loss": 0.1, "chance_accuracy": 0.0, "chance_loss": 1.0, "sequences": 8,
            "solved": seed < count - 1, "diverged": count < 0,
        }
        for cell, counts in remember.items()
        for length, count in zip(LENGTHS, counts, strict=True)
        for seed in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def summary(**remember: tuple[int, ...]) -> RunSummary:
    return summarise_run(accuracy(**remember), no_rows("validation"))


def test_a_summary_says_what_the_tables_say_and_comes_back_from_its_text() -> None:
    rows = accuracy(rnn=(3, 2, 1, 0), gru=(-1, -1, -1, -1), lstm=(3, 3, 3, 3))
    found = summarise_run(rows, no_rows("validation"))
    spans = memory_spans(rows)
    assert [one.cell for one in found] == ["rnn", "gru", "lstm"]
    assert [one.span_in_words() for one in found] == [
        span_in_words(row) for row in spans.to_dict("records")
    ]
    rnn, gru, _ = found
    assert (rnn.lengths, rnn.models, rnn.remember) == (LENGTHS, (3,) * 4, (3, 2, 1, 0))
    assert (rnn.solved, gru.trained) == ((2, 1, 0, 0), (0,) * 4)
    assert gru.estimate() is None
    again = read_summary(summary_text(found))
    assert [one for one in again if one.cell != "gru"] == [
        one for one in found if one.cell != "gru"
    ]
    assert np.isnan(again[1].span)
    assert summarise_run(no_rows("accuracy"), no_rows("validation")) == ()


def test_a_ratio_has_its_interval_or_the_bound_that_is_known() -> None:
    short, long, beyond = (
        summary(rnn=counts)[0] for counts in ((3, 0, 0, 0), (3, 3, 2, 0), (3, 3, 3, 3))
    )
    one, other = long.estimate(), short.estimate()
    assert one
    assert other
    expected = span_ratio(one, other)
    text = ratio_in_words(long, short)
    times, _, interval = text.partition(" ")
    assert float(times) == pytest.approx(long.span / short.span, rel=0.01)
    ends = [float(end) for end in interval.strip("()").split("–")]
    assert ends == pytest.approx([expected.low, expected.high], rel=0.01)
    assert ratio_in_words(beyond, short).startswith("at least ")
    assert ratio_in_words(short, beyond).startswith("at most ")
    assert ratio_in_words(beyond, beyond) == "not known"
    assert ratio_in_words(summary(rnn=(-1,) * 4)[0], short) == "–"


def test_spans_stand_side_by_side_with_their_ratio_to_the_first_run() -> None:
    a, b = summary(rnn=(3, 0, 0, 0), gru=(3, 3, 0, 0)), summary(rnn=(3, 3, 2, 0))
    table = side_by_side({"A": a, "B **x**": b})
    assert list(table) == ["cell", "A", "B **x**", "B **x** ÷ A"]
    assert table["cell"].tolist() == ["RNN", "GRU"]
    assert table["A"].tolist() == [one.span_in_words() for one in a]
    assert table["B **x**"].tolist() == [b[0].span_in_words(), ""]
    assert table["B **x** ÷ A"].tolist() == [ratio_in_words(b[0], a[0]), "–"]
    assert side_by_side({"A": (), "B": ()}).empty


def test_only_settings_that_differ_are_listed_in_plain_words() -> None:
    one = Experiment(task="adding", hidden_size=32)
    other = Experiment(task="adding:targets=every", hidden_size=64, clip_by="value")
    found = {each.label: each.values for each in differences([one, other, one])}
    assert found["Hidden size"] == ("32", "64", "32")
    assert found["Clip by"] == ("norm", "value", "norm")
    assert len([label for label in found if label.startswith("Task: ")]) == 1
    assert len(found) == 3
    assert differences([one, one]) == []
    assert {each.label: each.values for each in differences([one, Experiment(task="copy")])}[
        "Task"
    ] == ("Adding", "Copy")
    assert in_words(one)["Test at other lengths"] == "none"


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({"cells": ("gru",), "lengths": (30,), "seeds": 9, "first_seed": 7, "device": "cpu"}, True),
        ({"steps": 7}, False),
        ({"task": "copy"}, False),
        ({"learning_rate": (0.5,)}, False),
    ],
)
def test_runs_are_one_where_their_models_are_trained_alike(
    changes: dict[str, Any], alike: bool
) -> None:
    one = Experiment(cells=("rnn",))
    assert trained_alike([one, replace(one, **changes)]) is alike


def test_matched_sizes_depend_on_the_other_cells() -> None:
    alone = Experiment(cells=("rnn",), match="parameters")
    beside = replace(alone, cells=("rnn", "lstm"))
    assert alone.hidden_sizes()["rnn"] != beside.hidden_sizes()["rnn"]
    assert not trained_alike([alone, beside])


def test_a_pivot_has_a_span_or_a_count_for_each_pair_of_settings() -> None:
    sizes = (16, 32)
    counts = {16: (3, 1, 0, 0), 32: (3, 3, 2, 0)}
    runs = [
        (
            Experiment(task="adding", hidden_size=size, first_seed=seed, cells=("rnn", "gru")),
            summary(rnn=counts[size], gru=(3, 3, 3, seed)),
        )
        for size in sizes
        for seed in (0, 3)
    ]
    assert axes(runs, "memory span") == ["Cell", "Hidden size"]
    table = pivot([*runs, runs[0]], "Hidden size", "Cell", "memory span")
    assert table.index.tolist() == ["16", "32"]
    assert table.columns.tolist() == ["GRU", "RNN"]
    together = pooled([found[0] for experiment, found in runs if experiment.hidden_size == 16])
    assert together
    assert together.models.tolist() == [6, 6, 6, 6], "the run that is there twice counts once"
    assert table.loc["16", "RNN"] != runs[0][1][0].span_in_words()
    of_others = replace(runs[0][0], cells=("lstm", "rnn")), runs[0][1][:1]
    again = pivot([*runs, of_others], "Hidden size", "Cell", "memory span")
    assert again.equals(table), "as does a cell that another run has as well"
    fewer = replace(runs[0][0], seeds=2, lengths=runs[0][0].lengths[:2]), runs[0][1]
    again = pivot([fewer, *runs], "Hidden size", "Cell", "memory span")
    assert again.equals(table), "and do seeds of which another run has more"
    solved = pivot(runs, "Sequence length", "Cell", "solved")
    assert solved.index.tolist() == ["20", "50", "100", "200"]
    assert solved["RNN"].tolist() == ["8 of 12", "4 of 12", "2 of 12", "0 of 12"]
    assert pivot(runs, "Sequence length", "Hidden size", "remember").loc["50", "16"] == "8 of 12"
