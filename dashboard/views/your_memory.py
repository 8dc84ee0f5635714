"""The page Your memory: the visitor does the task that the networks do."""

from __future__ import annotations

import streamlit as st

from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.game_choice import choose_game
from dashboard.sections.your_memory import play


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("How far back do you remember?", anchor=False)
    play(choose_game())
    scheduler()  # from the first visit on a warm process waits; it does not hold up the page


page()
