"""The visitor does the task of the networks, and is compared with them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.components.memory_game import memory_game
from dashboard.figures.spans import spans_side_by_side
from dashboard.sections.game_choice import GameChoice, play_other_sequences
from dashboard.session import recorded_examples
from dashboard.session.run_tables import from_results
from dashboard.session.session_state import PLAYED
from models.analysis.memory_game import GameError, spans_in_words
from models.analysis.memory_span import memory_spans
from models.analysis.statistics import trained
from models.analysis.words import count
from models.experiment.presets import Preset
from models.tasks import make_task


def play(choice: GameChoice) -> None:
    """Draws the game and, once it was played, the visitor's memory span beside the cells'."""
    st.markdown(make_task(choice.game.task).legend.goes_in)
    if answers := memory_game(choice.game, choice.seconds):
        PLAYED.set((choice.game, tuple(answers)))
    game, given = PLAYED.get((choice.game, ()))
    if not given or game != choice.game:
        return
    try:
        accuracy = game.accuracy(given)
    except GameError as error:
        st.warning(f"These answers cannot be used: {error}.", icon=":material/block:")
    else:
        _result(choice.preset, accuracy, source=f"{game} {given}")
    st.button(
        "Play again", key="play_again", on_click=play_other_sequences, help="With the next seed."
    )


def _result(preset: Preset, accuracy: pd.DataFrame, source: str) -> None:
    spans = pd.concat([memory_spans(accuracy), _spans_of_cells(preset)], ignore_index=True)
    sentence = spans_in_words(spans)
    st.header("Your memory span", anchor=False)
    st.markdown(f"**{sentence}**")
    chart(source, "your_span", (), lambda: spans_side_by_side(spans), lambda: sentence)
    st.caption(
        "Yours is found as the cells' are, at the length where right answers fall half-way to "
        f"chance; {count(len(accuracy), 'answer')} can tell it only roughly. The cells are those "
        f"of the recorded example “{preset.title}”."
    )


def _spans_of_cells(preset: Preset) -> pd.DataFrame | None:
    """The memory spans of the preset's recorded example, where there is one."""
    recorded = recorded_examples.example(preset.name)
    if recorded is None:
        return None
    accuracy = from_results(recorded).accuracy
    return cached(f"example {preset.name}", "spans", (), lambda: memory_spans(trained(accuracy)))
