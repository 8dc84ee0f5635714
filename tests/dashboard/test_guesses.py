"""Guessing before looking: what is hidden, and how right one was."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.guesses import how_right
from models.experiment.presets import PRESETS
from models.store import Store
from tests.dashboard import pages
from tests.dashboard.test_race_page import TINY
from tests.recorded import finished


def test_nothing_gives_the_answer_away_until_the_guess_is_made(race: AppTest) -> None:
    page = race.run()
    assert any(button.help for button in page.button)
    page = page.button(key="guess_first").click().run()
    assert not page.exception
    lesson = PRESETS["who_remembers"].lesson
    assert lesson not in pages.captions(page)
    assert "Recorded example" not in pages.captions(page)
    assert not [button for button in page.button if button.help == lesson]
    assert not page.info
    assert not pages.downloads(page)[1:], "no results to take home, but the script"
    assert not pages.span_rows(page)
    assert not any(
        trace.get("y") and "mean" in trace["uid"] and trace["y"] != [None]
        for figure in pages.figures(page)
        for trace in figure["data"]
    )

    page = page.select_slider(key="guess_rnn").set_value("20").run()
    page = page.select_slider(key="guess_lstm").set_value("beyond 200").run()
    accuracy = next(figure for figure in pages.figures(page) if "held-out" in str(figure))
    assert "frames" not in accuracy
    (guess,) = [trace for trace in accuracy["data"] if trace["uid"] == "lstm/guess"]
    assert guess["x"][0] > 200

    page = page.button(key="answer").click().run()
    assert not page.exception
    assert "or within a factor of 1.5, for 1 of 2 cells" in pages.captions(page)
    assert "Recorded example" in pages.captions(page)
    assert "guess" in str(pages.figures(page))


def test_a_run_that_has_ended_is_hidden_as_well(race: AppTest, store: Store) -> None:
    page = pages.open_run(race, finished(store, TINY))
    page = page.button(key="guess_first").click().run()
    assert not pages.span_rows(page)
    assert not page.info
    page = page.select_slider(key="guess_lstm").set_value("13").run()
    page = page.button(key="answer").click().run()
    assert not page.exception
    assert "factor of 1.5, for" in pages.captions(page)


def test_train_ends_the_guessing_and_keeps_the_guesses(race: AppTest) -> None:
    page = race.run().number_input(key="steps").set_value(10).run()
    page = page.button(key="guess_first").click().run()
    page = page.select_slider(key="guess_rnn").set_value("beyond 200").run()
    page = page.button(key="train").click().run()
    assert not page.exception
    assert not page.select_slider(key="length_shown").disabled
    assert "answer" not in [button.key for button in page.button]
    assert "guess" in str(pages.figures(page))


def test_a_guess_may_outlive_its_length(race: AppTest) -> None:
    page = race.run().button(key="guess_first").click().run()
    page = page.select_slider(key="guess_rnn").set_value("beyond 200").run()
    page = page.multiselect(key="lengths").set_value(["20", "50"]).run()
    assert not page.exception


@pytest.mark.parametrize(
    ("guess", "span", "low", "high", "near"),
    [
        (20, 30, 25, 35, 1),
        (20, 31, 25, 35, 0),
        (45, 30, 25, 35, 1),
        (50, 30, 25, 35, 0),
        (20, 32, 20, 50, 1),
        (50, 32, 20, 50, 1),
        (math.inf, 200, 180, math.inf, 1),
        (140, 200, 180, math.inf, 1),
        (100, 200, 180, math.inf, 0),
        (math.inf, 147, 100, 210, 0),
        (20, 20, 0, 20, 1),
        (50, 20, 0, 20, 0),
    ],
)
def test_how_right_a_guess_is(
    guess: float, span: float, low: float, high: float, near: int
) -> None:
    spans = pd.DataFrame([{"cell": "rnn", "span": span, "low": low, "high": high}])
    assert f"{near} of 1 cell." in how_right({"rnn": guess, "lstm": 20}, spans)
