"""The page The way back: backpropagation through time on one short sequence, step by step."""

from __future__ import annotations

import streamlit as st

from dashboard.components.walk_player import walk_player
from dashboard.sections import walk_controls
from dashboard.session.lecture import presents
from models.diagnostics.way_back.walk import walk


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("How much of the gradient comes back?", anchor=False)
    chosen = walk_controls.settings()
    walk_player(walk(chosen))
    if chosen.cell == "lstm" and not presents():
        st.caption(
            "All gates of a trained LSTM, step by step on a long sequence, are on the page "
            "**Inside the cell**."
        )


page()
