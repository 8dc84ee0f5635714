"""The page Your memory: the game that it offers, its address, and what comes of the answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.session.session_state import PLAYED
from models.analysis.memory_game import Game, recalled, spans_in_words
from models.analysis.memory_span import memory_spans
from tests.dashboard import pages

ORDER = Game("temporal_order", 0, 200)


@pytest.fixture
def your_memory() -> AppTest:
    """The page Your memory, not yet run."""
    return pages.app("your_memory.py")


def game_of(page: AppTest) -> dict[str, Any]:
    """What the browser is sent of the game."""
    mounted = [json.loads(component.proto.json) for component in page.get("bidi_component")]
    (game,) = [data for data in mounted if "rungs" in data]
    return dict(game)


def all_right(game: Game) -> tuple[str, ...]:
    """A game in which everything is remembered."""
    by_round = enumerate(game.lengths)
    return tuple(recalled(game.sequences(length)[number]) for number, length in by_round)


def text_of(page: AppTest) -> str:
    return "\n".join(text.value for text in page.markdown)


def test_the_browser_has_each_sequence_of_the_game_at_each_length(your_memory: AppTest) -> None:
    page = your_memory.run()
    assert not page.exception
    game = game_of(page)
    assert [rung["length"] for rung in game["rungs"]] == list(ORDER.lengths)
    for rung in game["rungs"]:
        for shown, sequence in zip(rung["sequences"], ORDER.sequences(rung["length"]), strict=True):
            assert shown["symbols"] == "".join(sequence.symbols)
            answer = [shown["symbols"][mark] for mark in shown["marks"]]
            assert "".join(answer) == recalled(sequence)
    assert game["seconds"] == 0.6
    assert game["choices"] == "AB"
    (header,) = page.header
    assert header.value == "The cells' memory spans", "there is no span of the visitor's yet"


def test_the_address_says_which_game_it_is(your_memory: AppTest) -> None:
    for name, value in {"task": "copy", "seed": "7", "seconds": "0.2"}.items():
        your_memory.query_params[name] = value
    page = your_memory.run()
    assert not page.exception
    assert not page.warning
    assert (game_of(page)["game"], game_of(page)["seconds"]) == ("copy 7", 0.2)
    assert page.query_params == {"task": "copy", "seed": "7", "seconds": "0.2"}
    page.number_input(key="game_seed").set_value(8).run()
    assert page.query_params["seed"] == "8"
    assert game_of(page)["game"] == "copy 8"


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("task", "adding", "temporal_order"),
        ("task", "<b>", "temporal_order"),
        ("seed", "-1", "0"),
        ("seed", "x", "0"),
        ("seconds", "0", "0.6"),
        ("seconds", "nan", "0.6"),
    ],
)
def test_what_the_address_has_wrong_is_said(
    your_memory: AppTest, name: str, value: str, instead: str
) -> None:
    your_memory.query_params[name] = value
    page = your_memory.run()
    assert not page.exception
    (warning,) = page.warning
    plain = warning.value.replace("\\", "")
    assert plain == f"{name}={value} in the address cannot be used. Used instead: {instead}"
    assert game_of(page)["game"] == "temporal_order 0"


def test_a_parameter_that_is_none_of_the_games_is_named(your_memory: AppTest) -> None:
    your_memory.query_params["speed"] = "2"
    (warning,) = your_memory.run().warning
    assert warning.value.endswith("unknown parameters: speed")


def test_after_the_game_the_visitors_span_stands_beside_the_cells(your_memory: AppTest) -> None:
    answers = all_right(ORDER)
    your_memory.session_state[PLAYED.name] = (ORDER, answers)
    page = your_memory.run()
    assert not page.exception
    own = spans_in_words(memory_spans(ORDER.accuracy(answers)))
    assert own == "You: > 200 steps."
    assert f"**{own} The RNN: " in text_of(page)
    (figure,) = pages.figures(page)
    (texts,) = [trace for trace in figure["data"] if trace["uid"] == "texts"]
    assert texts["text"][0].strip() == "> 200"
    assert figure["layout"]["yaxis"]["ticktext"][:2] == ["<b>You</b>", "RNN"]
    assert own in figure["layout"]["meta"]["words"]


def test_the_cells_have_the_spans_that_the_race_page_gives_them(
    your_memory: AppTest, race: AppTest
) -> None:
    your_memory.session_state[PLAYED.name] = (ORDER, all_right(ORDER))
    page = your_memory.run()
    (figure,) = pages.figures(page)
    (texts,) = [trace for trace in figure["data"] if trace["uid"] == "texts"]
    cards = pages.spans(race.run())
    for text in texts["text"][1:]:
        assert f">{text.strip().replace('>', '&gt;').replace('<', '&lt;')}</b>" in cards


def test_play_again_shows_other_sequences_and_no_span_yet(your_memory: AppTest) -> None:
    your_memory.session_state[PLAYED.name] = (ORDER, all_right(ORDER))
    page = your_memory.run()
    page.button(key="play_again").click().run()
    assert not page.exception
    assert game_of(page)["game"] == "temporal_order 1"
    assert [header.value for header in page.header] == ["The cells' memory spans"]


def test_answers_that_are_none_are_refused_in_words(your_memory: AppTest) -> None:
    your_memory.session_state[PLAYED.name] = (ORDER, ("<script>",))
    page = your_memory.run()
    assert not page.exception
    assert "2 of A, B" in page.warning[0].value
    assert "You:" not in text_of(page)
