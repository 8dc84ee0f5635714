"""Guess first: where will each cell give up?"""

from __future__ import annotations

import math

import streamlit as st

from dashboard.figures.style import cell_style
from models.experiment import Experiment

NONE = "no guess"
KEY = "guess_"


def guess_controls(experiment: Experiment) -> None:
    """A slider for each cell; its key holds the guess until the plot asks for it."""
    beyond = f"beyond {experiment.lengths[-1]}"
    choices = [NONE, *(str(length) for length in experiment.lengths), beyond]
    for cell in experiment.cells:
        st.select_slider(cell_style(cell).label, choices, key=KEY + cell, persist_state="session")


def guesses(experiment: Experiment) -> dict[str, float]:
    """The guessed memory span of each cell, where there is a guess; infinite is beyond."""
    found = {}
    for cell in experiment.cells:
        guess = st.session_state.get(KEY + cell, NONE)
        if guess.isdigit():
            found[cell] = float(guess)
        elif guess != NONE:
            found[cell] = math.inf
    return found


def clear_guesses(experiment: Experiment) -> None:
    """Takes them all back."""
    for cell in experiment.cells:
        st.session_state[KEY + cell] = NONE
