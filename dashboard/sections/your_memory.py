"""The visitor does the task of the networks, and is compared with them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.components.memory_game import memory_game
from dashboard.figures.spans import spans_side_by_side
from dashboard.sections.game_choice import GameChoice, play_other_sequences
from dashboard.session import recorded_examples
from dashboard.session.lecture import presents
from dashboard.session.run_tables import from_results
from dashboard.session.session_state import PLAYED
from models.analysis.memory_game import GameError, spans_in_words
from models.analysis.memory_span import memory_spans
from models.analysis.statistics import trained
from models.analysis.words import count
from models.experiment.presets import Preset
from models.tasks import make_task


def play(choice: GameChoice) -> None:
    """Draws the game beside the cells' memory spans; once it was played, the visitor's is there.

    In lecture mode the game has the whole width, and the spans come when it was played.
    """
    game, spans = [st.container(), st.container()] if presents() else st.columns(2, gap="large")
    with game:
        with st.container(key="game_rule"):
            st.markdown(make_task(choice.game.task).legend.goes_in)
        if answers := memory_game(choice.game, choice.seconds):
            PLAYED.set((choice.game, tuple(answers)))
    with spans:
        _spans(choice)


def _spans(choice: GameChoice) -> None:
    played, given = PLAYED.get((choice.game, ()))
    answers = given if played == choice.game else ()
    person = None
    try:
        person = choice.game.accuracy(answers) if answers else None
    except GameError as error:
        st.warning(f"These answers cannot be used: {error}.", icon=":material/block:")
    if presents() and person is None:
        return
    own = None if person is None else memory_spans(person)
    known = [spans for spans in (own, _spans_of_cells(choice.preset)) if spans is not None]
    if known:
        source = f"{choice.game} {answers}"
        _result(choice.preset, pd.concat(known, ignore_index=True), person, source)
    if answers:
        st.button(
            "Play again",
            key="play_again",
            on_click=play_other_sequences,
            help="With the next seed.",
        )


def _result(preset: Preset, spans: pd.DataFrame, person: pd.DataFrame | None, source: str) -> None:
    sentence = spans_in_words(spans)
    st.header("The cells' memory spans" if person is None else "Your memory span", anchor=False)
    if person is not None:
        st.markdown(f"**{sentence}**")
    chart(source, "your_span", (), lambda: spans_side_by_side(spans), lambda: sentence)
    cells = f"The cells are those of the recorded example “{preset.title}”."
    if person is None:
        st.caption(f"{cells} Play, and yours is drawn beside them.")
    else:
        st.caption(
            "Yours is found as the cells' are, at the length where right answers fall half-way to "
            f"chance; {count(len(person), 'answer')} can tell it only roughly. {cells}"
        )


def _spans_of_cells(preset: Preset) -> pd.DataFrame | None:
    """The memory spans of the preset's recorded example, where there is one."""
    recorded = recorded_examples.example(preset.name)
    if recorded is None:
        return None
    accuracy = from_results(recorded).accuracy
    return cached(f"example {preset.name}", "spans", (), lambda: memory_spans(trained(accuracy)))
