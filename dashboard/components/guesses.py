"""The visitor's guesses of each cell's memory span, made before the answer is shown."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.session.session_state import GUESSING, guess
from models.analysis.words import of_all
from models.cells import cell_label
from models.experiment import Experiment

NONE = "no guess"
NEAR = 1.5
"""A guess is near that is not more than so many times as long, or as short, as the memory span."""


def guess_controls(experiment: Experiment, *, known: bool) -> None:
    """Draws a slider for each cell; its key holds the guess until the figure needs it.

    Above stands a button that ends the guessing; where the answer is not ``known`` yet, Train shows
    it.
    """
    beyond = f"beyond {experiment.lengths[-1]}"
    choices = [NONE, *(str(length) for length in experiment.lengths), beyond]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Up to which sequence length will each cell remember?**", width="content")
        st.button("Show the answer" if known else "Stop guessing", key="answer", on_click=_answer)
        if not known:
            st.caption("Press Train to see whether you are right.", width="content")
    for cell, column in zip(experiment.cells, st.columns(len(experiment.cells)), strict=True):
        with column:
            st.select_slider(
                cell_label(cell), choices, key=guess(cell).name, persist_state="session"
            )


def _answer() -> None:
    GUESSING.take()


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


def how_right(guessed: Mapping[str, float], spans: pd.DataFrame) -> str:
    """In words, how many of the guesses are near; empty while no guessed cell has a span.

    ``spans`` is from ``memory_spans``. A guess is near that lies within the interval of the span,
    or is not more than NEAR times as long or short.
    """
    rows = {str(row["cell"]): row for row in spans.to_dict("records")}
    known = [cell for cell in guessed if cell in rows and not pd.isna(rows[cell]["span"])]
    if not known:
        return ""
    near = sum(_near(guessed[cell], rows[cell]) for cell in known)
    cells = of_all(near, len(known), "cell")
    return f"Your guess was within the interval, or within a factor of {NEAR:g}, for {cells}."


def _near(guessed: float, row: Mapping[Hashable, Any]) -> bool:
    low, high = min(row["low"], row["span"] / NEAR), max(row["high"], NEAR * row["span"])
    return bool(low <= guessed <= high)
