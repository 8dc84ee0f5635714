"""The visitor's guesses of each cell's memory span, made before training."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.session.session_state import guess
from models.cells import cell_label
from models.experiment import Experiment

NONE = "no guess"


def guess_controls(experiment: Experiment) -> None:
    """Draws a slider for each cell; its key holds the guess until the figure needs it."""
    beyond = f"beyond {experiment.lengths[-1]}"
    choices = [NONE, *(str(length) for length in experiment.lengths), beyond]
    for cell in experiment.cells:
        st.select_slider(cell_label(cell), choices, key=guess(cell).name, persist_state="session")


def guesses(experiment: Experiment) -> dict[str, float]:
    """The guessed memory span of each cell that has one; infinite where beyond all lengths."""
    found = {}
    for cell in experiment.cells:
        guessed = guess(cell).get(NONE)
        if guessed.isdigit():
            found[cell] = float(guessed)
        elif guessed != NONE:
            found[cell] = math.inf
    return found


def clear_guesses(experiment: Experiment) -> None:
    """Removes all guesses."""
    for cell in experiment.cells:
        guess(cell).set(NONE)
