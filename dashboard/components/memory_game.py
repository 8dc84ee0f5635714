"""A game of ten sequences, shown and answered in the browser without the server.

A browser that shows a sequence must have it, and with it the right answer: that is in the data of
the component from the start, and on the page only once the visitor has answered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from models.analysis.memory_game import ROUNDS, Game
from models.tasks.task import Example

PLACE = Path(__file__)
_mount = st.components.v2.component(
    "memory_game",
    js=PLACE.with_suffix(".js").read_text(),
    css=PLACE.with_suffix(".css").read_text(),
    isolate_styles=False,
)


def memory_game(game: Game, seconds: float) -> list[str] | None:
    """Draws the game, a symbol every ``seconds``; returns the answers when it has just ended.

    They come from the browser and need not be answers at all: ``Game.accuracy`` says so.
    """
    ended = _mount(
        key="memory_game",
        data={**_game(game), "seconds": seconds},
        on_ended_change=lambda: None,
    ).ended
    if not isinstance(ended, dict) or ended.get("game") != _name(game):
        return None
    answers = ended.get("answers")
    return [str(answer) for answer in answers] if isinstance(answers, list) else None


def _name(game: Game) -> str:
    return f"{game.task} {game.seed}"


def _game(game: Game) -> dict[str, Any]:
    """The game as the script takes it."""
    return {
        "game": _name(game),
        "rounds": ROUNDS,
        "question": game.question.text,
        "choices": game.question.symbols,
        "rungs": [_rung(game, rung, length) for rung, length in enumerate(game.lengths)],
    }


def _rung(game: Game, rung: int, length: int) -> dict[str, Any]:
    """One length of the staircase: its sequence in each round, and how it goes on from there."""
    return {
        "length": length,
        "sequences": [_sequence(one, game.steps_shown(length)) for one in game.sequences(length)],
        "answers": game.answers(length),
        "fewestRight": game.fewest_right(length),
        "next": [game.next_rung(rung, remembered) for remembered in (False, True)],
    }


def _sequence(sequence: Example, shown: int) -> dict[str, Any]:
    marks = [step for step, informative in enumerate(sequence.informative) if informative]
    return {"symbols": "".join(sequence.symbols[:shown]), "marks": marks}
