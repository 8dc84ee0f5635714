"""Guess first: where will each cell give up?"""

from __future__ import annotations

import streamlit as st

from dashboard.figures.style import cell_style
from models.experiment import Experiment

NONE = "no guess"


def guess_controls(experiment: Experiment) -> None:
    """A slider for each cell; its key holds the guess until the plot asks for it."""
    beyond = f"beyond {experiment.lengths[-1]}"
    choices = [NONE, *(str(length) for length in experiment.lengths), beyond]
    for cell in experiment.cells:
        st.select_slider(
            cell_style(cell).label, choices, key=f"guess_{cell}", persist_state="session"
        )


def guesses(experiment: Experiment) -> dict[str, float]:
    """The guessed memory span of each cell, where there is a guess."""
    found = {}
    for cell in experiment.cells:
        guess = st.session_state.get(f"guess_{cell}", NONE)
        if guess.isdigit():
            found[cell] = float(guess)
        elif guess != NONE:
            found[cell] = experiment.lengths[-1] * 1.2
    return found
