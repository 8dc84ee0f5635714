"""Numbers in words, medians over seeds, and the readers of sentences in these tests."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.analysis.statistics import median_over_seeds
from models.analysis.words import count, distinct_percentages
from tests.models.stories.conclusions import proofread
from tests.models.tables import measured
from tests.properties.generated import on
from tests.properties.generated_tables import power, value


@given(st.lists(value("half_life_h"), min_size=1, max_size=5))
@on("half-lives")
def test_the_median_over_seeds_is_between_its_models_and_counts_those_with_a_value(
    half_lives: list[float],
) -> None:
    rows = measured({"half_life_h": {"rnn": half_lives}})
    (found,) = median_over_seeds(rows, ["cell"]).to_dict("records")
    rates = sorted(1 / x for x in half_lives if not math.isnan(x))
    assert (found["known"], found["models"]) == (len(rates), len(half_lives))
    if not rates:
        assert math.isnan(found["median"])
        return
    assert 1 / found["median"] == pytest.approx(statistics.median(rates), abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1))
@example(0.9996, 0.9999)
@on("shares")
def test_two_shares_that_differ_are_shown_apart(one: float, other: float) -> None:
    first, second = distinct_percentages(one, other)
    if abs(one - other) > 1e-8:
        assert (float(first[:-1]) < float(second[:-1])) is (one < other)


@given(st.integers(0, 10**6))
@on("shares")
def test_a_count_is_plural_unless_it_is_one(number: int) -> None:
    assert count(number, "step") == (f"{number:,} steps" if number != 1 else "1 step")


def test_what_reads_sentences_refuses_what_is_wrong() -> None:
    for text in ("After 1 steps it ends.", "It is nan.", "one. Two.", "So. So."):
        with pytest.raises(AssertionError):
            proofread(text)
    assert [power(text) for text in ("10⁻³", "0.02", "100", "4.1 · 10⁻⁷")] == pytest.approx(
        [1e-3, 0.02, 100, 4.1e-7]
    )
