"""Memory span: known crossings, bounds, and what its interval is worth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.analysis.memory_span import expanded_tail, memory_spans
from tests.models.tables import CHANCE, Curve, accuracies, table


def span_of(accuracy: pd.DataFrame) -> dict[str, Any]:
    """The row of the only cell."""
    (row,) = memory_spans(accuracy).to_dict("records")
    return {str(name): value for name, value in row.items()}


def span(curve: Curve) -> dict[str, Any]:
    """The row of a single cell with this curve."""
    return span_of(accuracies({"rnn": curve}))


# The span.


def test_half_way_between_two_lengths_is_their_geometric_mean() -> None:
    found = span({20: [1], 80: [0]})
    assert found["span"] == pytest.approx(40)
    assert (found["bound"], found["text"]) == ("", "40")


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ({20: [0.75], 80: [0.25]}, 40),
        ({20: [1], 80: [0.25]}, 20 * 4 ** (0.5 / 0.75)),
        ({20: [0.6], 80: [0]}, 20 * 4 ** (0.1 / 0.6)),
        ({20: [0.5], 80: [0]}, 20),
        ({20: [1], 50: [1], 100: [0.9], 200: [0.1]}, 100 * math.sqrt(2)),
        ({10: [1], 1000: [0.5], 2000: [0.25]}, 1000),
    ],
)
def test_the_crossing_is_interpolated_in_log_length(curve: Curve, expected: float) -> None:
    assert span(curve)["span"] == pytest.approx(expected)


@pytest.mark.parametrize("true", [25, 60, 110, 190])
def test_a_score_that_is_linear_in_log_length_gives_its_crossing_exactly(true: float) -> None:
    lengths = (20, 35, 50, 100, 120, 200)
    curve = {length: [0.5 - 0.15 * math.log(length / true)] for length in lengths}
    assert span(curve)["span"] == pytest.approx(true)


def test_longer_lengths_in_proportion_give_a_longer_span_in_proportion() -> None:
    grades: list[list[float]] = [[1, 0.9], [0.8, 0.7], [0.2, 0.5], [0, 0.1]]
    short = span(dict(zip((10, 20, 50, 100), grades, strict=True)))
    long = span(dict(zip((30, 60, 150, 300), grades, strict=True)))
    for name in ("span", "low", "high"):
        assert long[name] == pytest.approx(3 * short[name])


def test_the_middle_is_half_way_to_chance_not_half_of_the_answers() -> None:
    # Both curves are above half of the answers all along.
    for chance in (0.5, 0.6):
        accuracy = accuracies({"rnn": {20: [1], 80: [0]}}, {20: chance, 80: chance})
        assert span_of(accuracy)["span"] == pytest.approx(40)


def test_each_length_is_scaled_by_its_own_chance() -> None:
    accuracy = accuracies({"rnn": {20: [1], 80: [0]}}, {20: 0.05, 80: 0.7})
    assert span_of(accuracy)["span"] == pytest.approx(40)


def test_scores_are_averaged_over_seeds_before_the_crossing() -> None:
    assert span({20: [1, 1, 1], 80: [1, 0, 0.25], 320: [0, 0, 0]})["span"] == pytest.approx(
        span({20: [1], 80: [1.25 / 3], 320: [0]})["span"]
    )


def test_only_the_latest_step_counts() -> None:
    late = accuracies({"rnn": {20: [1, 1], 80: [0, 0]}})
    early = accuracies({"rnn": {20: [0, 0], 80: [1, 1]}}).assign(step=0)
    for rows in ([late, early], [early, late]):
        assert span_of(pd.concat(rows, ignore_index=True))["span"] == pytest.approx(40)


def test_lengths_may_come_in_any_order() -> None:
    assert span({80: [0], 320: [0], 20: [1]})["span"] == pytest.approx(40)


def test_a_cell_that_diverged_has_no_span() -> None:
    found = span_of(accuracies({"rnn": {20: [0, 0], 80: [0, 0]}}).assign(diverged=True))
    assert math.isnan(found["span"])
    assert (found["text"], found["bound"], found["interval"]) == ("diverged", "", "")


def test_a_curve_that_recovers_is_cut_at_its_first_fall() -> None:
    found = span({20: [1], 80: [0], 100: [1], 200: [1]})
    assert (found["span"], found["bound"]) == (pytest.approx(40), "")


def test_a_dip_that_stays_above_the_middle_is_no_fall() -> None:
    found = span({20: [1], 50: [0.5], 100: [1], 400: [0]})
    assert found["span"] == pytest.approx(200)


def test_a_diverged_model_counts_with_the_accuracy_it_has() -> None:
    rows = accuracies({"rnn": {20: [1, 1], 80: [0, 0.5]}})
    rows["diverged"] = rows["accuracy"] == CHANCE
    rows.loc[rows["diverged"], "loss"] = math.nan
    assert span_of(rows)["span"] == pytest.approx(20 * 4 ** (0.5 / 0.75))


# Bounds.


def test_below_the_middle_at_the_shortest_length_is_a_bound_from_above() -> None:
    found = span({20: [0.4], 80: [1], 200: [0]})
    assert (found["span"], found["bound"], found["text"]) == (20, "<", "< 20")


def test_never_below_the_middle_is_a_bound_from_below() -> None:
    found = span({20: [1], 80: [0.9], 200: [0.5]})
    assert (found["span"], found["bound"], found["text"]) == (200, ">", "> 200")


@pytest.mark.parametrize(("grade", "bound"), [(1, ">"), (0, "<")])
def test_a_single_length_has_only_bounds(grade: float, bound: str) -> None:
    found = span({50: [grade]})
    assert (found["span"], found["bound"], found["text"]) == (50, bound, f"{bound} 50")


# The interval.


def test_one_seed_has_no_interval() -> None:
    found = span({20: [1], 80: [0]})
    assert math.isnan(found["low"])
    assert math.isnan(found["high"])
    assert found["interval"] == ""


def test_one_length_with_one_seed_is_enough_to_have_none() -> None:
    found = span({20: [1, 1], 50: [0.7], 80: [0, 0]})
    assert math.isnan(found["low"])
    assert found["span"] > 20


def test_two_seeds_by_hand() -> None:
    # The resampled mean at 80 is 0, 0.2 or 0.4, none of them rarer than one in four.
    found = span({20: [1, 1], 80: [0, 0.4]})
    assert found["low"] == pytest.approx(20 * 4**0.5)
    assert found["span"] == pytest.approx(20 * 4 ** (0.5 / 0.8))
    assert found["high"] == pytest.approx(20 * 4 ** (0.5 / 0.6))
    assert found["interval"] == "40–63"


def test_seeds_that_agree_leave_an_interval_without_width() -> None:
    found = span({20: [1, 1, 1], 80: [0, 0, 0]})
    assert found["low"] == found["high"] == found["span"]
    assert found["interval"] == found["text"] == "40"


def test_an_interval_that_reaches_below_the_shortest_length_starts_at_0() -> None:
    found = span({20: [1, 0.2], 80: [0, 0]})
    assert (found["low"], found["bound"]) == (0, "")
    assert found["interval"] == "< 20–40"


def test_an_interval_that_reaches_above_the_longest_length_is_open() -> None:
    found = span({20: [1, 1], 80: [0.6, 0]})
    assert found["high"] == math.inf
    assert found["interval"] == "40–> 80"


@pytest.mark.parametrize(("grade", "end", "text"), [(1, math.inf, "> 80"), (0, 0, "< 20")])
def test_an_interval_that_lies_outside_all_lengths_says_so_once(
    grade: float, end: float, text: str
) -> None:
    found = span({20: [grade, grade], 80: [grade, grade]})
    assert found["low"] == found["high"] == end
    assert found["interval"] == text


def noisy(
    cells: int, seeds: int, true: float, lengths: tuple[int, ...] = (20, 40, 80, 160, 320)
) -> pd.DataFrame:
    """The accuracies of equal cells, whose expected score crosses the middle at ``true``."""
    rng = np.random.default_rng(0)
    grades = {length: 0.5 - 0.3 * math.log(length / true) for length in lengths}
    return accuracies(
        {
            f"rnn {cell}": {
                length: [grade + noise for noise in rng.normal(0, 0.15, seeds)]
                for length, grade in grades.items()
            }
            for cell in range(cells)
        }
    )


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_interval_contains_the_span(seeds: int) -> None:
    spans = memory_spans(noisy(cells=30, seeds=seeds, true=80))
    assert (spans["low"] <= spans["span"]).all()
    assert (spans["span"] <= spans["high"]).all()
    assert (spans["low"] < spans["high"]).all()


def test_the_interval_of_many_seeds_covers_the_true_span() -> None:
    spans = memory_spans(noisy(cells=200, seeds=20, true=80))
    covered = (spans["low"] <= 80) & (spans["high"] >= 80)
    assert covered.mean() == pytest.approx(0.95, abs=0.05)


def test_the_interval_of_five_seeds_is_not_too_narrow() -> None:
    spans = memory_spans(noisy(cells=200, seeds=5, true=80))
    covered = (spans["low"] <= 80) & (spans["high"] >= 80)
    assert covered.mean() == pytest.approx(0.95, abs=0.05)


def test_expanded_tail_against_the_normal_and_student_distributions() -> None:
    # Student's 97.5 % quantiles with 1, 4 and 9 degrees of freedom, from tables.
    for seeds, student in ((2, 12.706), (5, 2.776), (10, 2.262)):
        reach = student * math.sqrt(seeds / (seeds - 1))
        expected = 0.5 * math.erfc(reach / math.sqrt(2))
        assert expanded_tail(seeds) == pytest.approx(expected, rel=5e-3, abs=1e-60)
    assert expanded_tail(10**6) == pytest.approx(0.025, abs=1e-5)


def test_more_seeds_narrow_the_interval() -> None:
    few, many = (memory_spans(noisy(20, seeds, true=80)) for seeds in (5, 40))
    assert np.log(many["high"] / many["low"]).mean() < np.log(few["high"] / few["low"]).mean() / 2


def test_the_same_table_gives_the_same_interval_and_the_seed_decides_which() -> None:
    accuracy = noisy(cells=3, seeds=5, true=80)
    first = memory_spans(accuracy)
    pd.testing.assert_frame_equal(first, memory_spans(accuracy))
    other = memory_spans(accuracy, seed=1)
    assert not other["low"].equals(first["low"])
    assert other["span"].equals(first["span"])


# The table.


def test_one_row_a_cell_in_the_order_in_which_they_appear() -> None:
    curves: dict[str, Curve] = {
        "lstm": {20: [1, 1], 80: [1, 1]},
        "rnn": {20: [1, 1], 80: [0, 0]},
        "gru": {20: [0, 0], 80: [0, 0]},
    }
    spans = memory_spans(accuracies(curves))
    assert spans["cell"].tolist() == ["lstm", "rnn", "gru"]
    assert spans["text"].tolist() == ["> 80", "40", "< 20"]


def test_cells_may_have_been_measured_at_different_lengths() -> None:
    spans = memory_spans(accuracies({"rnn": {20: [1], 80: [0]}, "gru": {100: [1], 200: [1]}}))
    assert spans["text"].tolist() == ["40", "> 200"]


def test_nothing_measured_is_an_empty_table_with_its_columns() -> None:
    spans = memory_spans(table("accuracy"))
    assert list(spans) == ["cell", "span", "bound", "low", "high", "text", "interval"]
    assert spans.empty
