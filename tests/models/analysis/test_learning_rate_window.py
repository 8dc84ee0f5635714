"""Which learning rates work, on made-up validation tables."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from models.analysis.learning_rate_window import Window, rate_scores, rate_window, rate_windows
from tests.models.analysis.test_learning_rate_choice import scores

CHANCE = {20: 0.25}


def window(rates: dict[float, float]) -> Window:
    return rate_window(rate_scores(scores("validation", rates, loss=1.0), CHANCE))


def test_a_rate_works_above_the_middle_between_chance_and_one() -> None:
    table = rate_scores(scores("validation", {0.1: 0.62, 0.01: 0.63}, loss=1.0), CHANCE)
    assert table["learning_rate"].tolist() == [0.01, 0.1]
    assert table["works"].tolist() == [True, False]
    assert table["chosen"].tolist() == [True, False]
    assert table["accuracy"].tolist() == pytest.approx([0.63, 0.62])


@pytest.mark.parametrize(
    ("rates", "expected", "text"),
    [
        (
            {0.001: 0.3, 0.002: 0.9, 0.01: 0.8, 0.1: 0.2},
            Window(0.002, 0.01, closed=True),
            "0.002 to 0.01, a factor of 5",
        ),
        (
            {0.001: 0.7, 0.01: 0.9, 0.1: 0.2},
            Window(0.001, 0.01, closed=False),
            "0.001 to 0.01, a factor of 10 at least",
        ),
        (
            {0.001: 0.8, 0.002: 0.2, 0.01: 0.9, 0.1: 0.2},
            Window(0.01, 0.01, closed=True),
            "0.01 alone",
        ),
        ({0.01: 0.2, 0.1: 0.99}, Window(0.1, 0.1, closed=False), "0.1"),
    ],
)
def test_the_window_is_what_works_on_either_side_of_the_chosen_rate(
    rates: dict[float, float], expected: Window, text: str
) -> None:
    assert window(rates) == expected
    assert window(rates).text == text


def test_where_the_best_rate_does_not_work_none_does() -> None:
    found = window({0.01: 0.3, 0.1: math.nan})
    assert found.text == "none of these rates"


def test_the_windows_of_all_cells_and_lengths_in_words() -> None:
    tables = [
        scores("validation", {0.01: 0.2, 0.1: best, 1.0: 0.2}, loss=1.0, cell=cell, length=length)
        for cell, length, best in (("rnn", 20, 0.9), ("rnn", 50, 0.3), ("gru", 20, 1.0))
    ]
    windows = rate_windows(rate_scores(pd.concat(tables), {20: 0.25, 50: 0.25}))
    assert windows.loc["rnn"].to_dict() == {20: "0.1 alone", 50: "none of these rates"}
    assert windows.loc["gru", 20] == "0.1 alone"
