"""The page The way back: backpropagation through time on one short sequence, step by step."""

from __future__ import annotations

import streamlit as st

from dashboard.components.walk_player import walk_player
from dashboard.sections import walk_controls
from models.diagnostics.way_back.walk import walk


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("How much of the gradient comes back?", anchor=False)
    walk_player(walk(walk_controls.settings()))


page()
