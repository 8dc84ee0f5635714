"""Memory span: known outcomes, bounds, gaps, and how often its interval holds the true one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from models.analysis.memory_span import estimate, memory_spans, span_in_words
from tests.models.tables import Curve, accuracies, table


def span_of(accuracy: pd.DataFrame) -> dict[Hashable, Any]:
    """The row of the only cell."""
    (row,) = memory_spans(accuracy).to_dict("records")
    return row


def span(curve: Curve) -> dict[Hashable, Any]:
    """The row of a single cell with this curve."""
    return span_of(accuracies({"rnn": curve}))


def outcomes(seeds: int, *remember: int, lengths: Sequence[int] = (20, 50, 100, 200)) -> Curve:
    """The scores of so many seeds, of which so many remember at each length."""
    return {
        length: [1.0] * k + [0.0] * (seeds - k) for length, k in zip(lengths, remember, strict=True)
    }


# Who remembers.


def test_the_middle_is_half_way_to_chance_not_half_of_the_answers() -> None:
    # All of these accuracies are above one half.
    curve: Curve = {20: [0.5, 0.51], 80: [0.49, 0.2]}
    for chance in (0.5, 0.6):
        found = span_of(accuracies({"rnn": curve}, {20: chance, 80: chance}))
        assert found["text"] == "between 20 and 80"


def test_each_length_is_scaled_by_its_own_chance() -> None:
    accuracy = accuracies({"rnn": {20: [0.6], 80: [0.4]}}, {20: 0.05, 80: 0.7})
    assert span_of(accuracy)["text"] == "between 20 and 80"


def test_how_far_above_the_middle_a_model_is_makes_no_difference() -> None:
    just = span({20: [0.51, 0.51, 0.51], 50: [0.51, 0.49, 0], 100: [0.49, 0.49, 0.49]})
    clear = span({20: [1, 1, 1], 50: [1, 0, 0], 100: [0, 0, 0]})
    assert just == clear


def test_only_the_latest_step_counts() -> None:
    late = accuracies({"rnn": {20: [1, 1], 80: [0, 0]}})
    early = accuracies({"rnn": {20: [0, 0], 80: [1, 1]}}).assign(step=0)
    for rows in ([late, early], [early, late]):
        assert span_of(pd.concat(rows, ignore_index=True))["text"] == "between 20 and 80"


def test_lengths_may_come_in_any_order() -> None:
    assert span({80: [0], 320: [0], 20: [1]}) == span({20: [1], 80: [0], 320: [0]})


def test_a_cell_that_diverged_has_no_span() -> None:
    found = span_of(accuracies({"rnn": {20: [0, 0], 80: [0, 0]}}).assign(diverged=True))
    assert math.isnan(found["span"])
    assert (found["text"], found["bound"], found["interval"]) == ("diverged", "", "")


def test_a_diverged_model_does_not_remember_whatever_its_last_accuracy_was() -> None:
    rows = accuracies({"rnn": outcomes(3, 3, 3, 0, 0)})
    rows["diverged"] = (rows["length"] == 50) & (rows["seed"] == 0)
    rows.loc[rows["diverged"], "loss"] = math.nan
    assert span_of(rows) == span(outcomes(3, 3, 2, 0, 0))


def test_an_accuracy_that_is_not_a_number_is_not_remembered() -> None:
    rows = accuracies({"rnn": outcomes(3, 3, 3, 0, 0)})
    rows.loc[(rows["length"] == 50) & (rows["seed"] == 0), "accuracy"] = math.nan
    assert span_of(rows) == span(outcomes(3, 3, 2, 0, 0))


# The span.


def test_half_of_the_models_at_a_length_puts_the_span_there() -> None:
    lengths = (10, 20, 40, 80, 160)
    found = span(outcomes(10, 10, 10, 5, 0, 0, lengths=lengths))
    assert found["span"] == pytest.approx(40, rel=0.03)
    assert found["text"] == f"{found['span']:.0f}"


def test_the_more_remember_the_longer_is_the_span() -> None:
    spans = [span(outcomes(5, 5, k, 0, 0))["span"] for k in range(6)]
    assert spans == sorted(set(spans))


def test_outcomes_that_do_not_fall_evenly_have_a_wide_interval() -> None:
    odd, even = span(outcomes(3, 3, 1, 3, 0)), span(outcomes(3, 3, 3, 1, 0))
    assert even["bound"] == odd["bound"] == ""
    assert odd["high"] / odd["low"] > 1.5 * even["high"] / even["low"]


def test_seeds_may_be_fewer_at_a_length_that_is_still_training() -> None:
    found = span({20: [1, 1, 1], 50: [1], 100: [0, 0, 0]})
    assert found["text"] == "between 50 and 100"


# Bounds and gaps.


def test_from_all_to_none_says_between_which_lengths_and_no_more() -> None:
    for seeds in (3, 10):
        found = span(outcomes(seeds, *[seeds] * 3, 0, 0, lengths=(10, 20, 50, 100, 200)))
        assert (found["text"], found["interval"]) == ("between 50 and 100", "")
        assert (found["low"], found["high"]) == pytest.approx((50, 100), rel=0.02)
        assert found["low"] <= 50
        assert found["high"] >= 100
        assert found["span"] == pytest.approx(math.sqrt(50 * 100), rel=0.01)
        assert span_in_words(found) == "between 50 and 100"


def test_few_seeds_leave_more_than_the_gap() -> None:
    found = span(outcomes(3, 3, 3, 0, 0, lengths=(64, 96, 128, 192)))
    assert found["low"] < 96
    assert found["high"] > 128
    assert span_in_words(found) == f"between 96 and 128 ({found['low']:.0f}–{found['high']:.0f})"


def test_a_gap_of_one_step_is_contained_as_well_and_holds_the_span() -> None:
    for curve in (outcomes(1, 1, 0, lengths=(20, 21)), outcomes(1, 1, 0, 0, lengths=(20, 21, 99))):
        found = span(curve)
        assert found["text"] == "between 20 and 21"
        assert found["low"] <= 20 <= found["span"] <= 21 <= found["high"]


def test_none_at_the_shortest_length_is_a_bound_from_above() -> None:
    found = span(outcomes(3, 0, 0, 0, 0))
    assert (found["span"], found["bound"], found["text"]) == (20, "<", "< 20")
    assert (found["low"], found["interval"]) == (0, "")
    assert 20 <= found["high"] < 21


def test_all_at_the_longest_length_is_a_bound_from_below() -> None:
    found = span(outcomes(2, 2, 2, 2, 2))
    assert (found["span"], found["bound"], found["text"]) == (200, ">", "> 200")
    assert found["high"] == math.inf
    assert 150 < found["low"] < 200
    assert found["interval"] == f"from {found['low']:.0f}"


def test_an_interval_is_open_where_nothing_bounds_it() -> None:
    below, beyond = span(outcomes(3, 2, 0, 0, 0)), span(outcomes(3, 3, 3, 3, 1))
    assert (below["low"], below["interval"]) == (0, f"up to {below['high']:.0f}")
    assert (beyond["high"], beyond["interval"]) == (math.inf, f"from {beyond['low']:.0f}")
    assert span(outcomes(2, 1, 1, 1, 1))["interval"] == "below 20 to beyond 200"
    bounded = span(outcomes(2, 2, 2, 2, 0))
    assert 200 < bounded["high"] < math.inf


@pytest.mark.parametrize(("remember", "text"), [(3, "> 50"), (2, "> 50"), (1, "< 50"), (0, "< 50")])
def test_a_single_length_has_only_bounds(remember: int, text: str) -> None:
    found = span(outcomes(3, remember, lengths=(50,)))
    assert (found["span"], found["text"]) == (50, text)


# The interval.


def test_an_end_reaches_up_to_the_next_length_and_not_from_there_to_another() -> None:
    lengths = np.round(np.geomspace(20, 200, 40))
    remember = np.select([lengths < 50, lengths < 60], [40.0, 20.0], 0.0)
    found = estimate(lengths, remember, np.full(40, 40.0))
    assert 44 < found.low < 55 < found.high < 64


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_the_interval_contains_the_span_and_is_never_without_width(seeds: int) -> None:
    lengths = np.array([20.0, 50, 100, 200])
    every = np.array(list(itertools.product(range(seeds + 1), repeat=4)), float)
    found = estimate(lengths, every, np.full_like(every, seeds))
    assert (found.low <= found.span).all()
    assert (found.span <= found.high).all()
    assert (found.low < found.high).all()


def test_one_seed_has_an_interval_too_and_it_is_wide() -> None:
    one, three = span(outcomes(1, 1, 1, 0, 0)), span(outcomes(3, 3, 3, 0, 0))
    assert one["low"] < three["low"]
    assert one["high"] > three["high"]


def test_more_seeds_narrow_the_interval() -> None:
    few, many = span(outcomes(4, 4, 2, 0, 0)), span(outcomes(40, 40, 20, 0, 0))
    assert math.log(many["high"] / many["low"]) < math.log(few["high"] / few["low"]) / 2


SLOPES = (0.03, 0.06, 0.1, 0.2, 0.3, 0.6)


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("lengths", [(20, 50, 100, 200), (64, 96, 128, 192)])
def test_how_often_the_interval_holds_the_true_span(seeds: int, lengths: Sequence[int]) -> None:
    """By the probabilities of all outcomes, with the true span anywhere within the lengths."""
    steps, places = np.array(lengths, float), np.geomspace(lengths[0], lengths[-1], 41)
    every = np.array(list(itertools.product(range(seeds + 1), repeat=4)))
    falls = np.log(places[:, None] / steps) / np.array(SLOPES)[:, None, None]
    share = 1 / (1 + np.exp(-falls))  # (slopes, places, lengths)
    of_counts = binom.pmf(np.arange(seeds + 1), seeds, share[..., None])
    probable = np.prod([of_counts[:, :, i, every[:, i]] for i in range(4)], axis=0)
    likely = probable.max(axis=(0, 1)) > 1e-5  # what is left out counts as missed
    outcome = every[likely].astype(float)
    found = estimate(steps, outcome, np.full_like(outcome, seeds))
    holds = (found.low <= places[:, None]) & (places[:, None] <= found.high)
    coverage = (probable[..., likely] * holds).sum(axis=-1)
    assert (coverage[:-1].mean(axis=-1) >= 0.92).all()
    assert coverage[-1].mean() >= 0.9
    assert coverage.min() >= 0.85


# The table.


def test_one_row_a_cell_in_the_order_in_which_they_appear() -> None:
    curves: dict[str, Curve] = {
        "lstm": {20: [1, 1], 80: [1, 1]},
        "rnn": {20: [1, 1], 80: [0, 0]},
        "gru": {20: [0, 0], 80: [0, 0]},
    }
    spans = memory_spans(accuracies(curves))
    assert spans["cell"].tolist() == ["lstm", "rnn", "gru"]
    assert spans["text"].tolist() == ["> 80", "between 20 and 80", "< 20"]


def test_cells_may_have_been_measured_at_different_lengths() -> None:
    spans = memory_spans(accuracies({"rnn": {20: [1], 80: [0]}, "gru": {100: [1], 200: [1]}}))
    assert spans["text"].tolist() == ["between 20 and 80", "> 200"]


def test_nothing_measured_is_an_empty_table_with_its_columns() -> None:
    spans = memory_spans(table("accuracy"))
    assert list(spans) == ["cell", "span", "bound", "low", "high", "text", "interval"]
    assert spans.empty
