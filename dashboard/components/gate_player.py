"""Play, keys and controls that walk through a sequence inside a cell, without asking the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from dashboard.session.session_state import GATE_PLAYER, QR_PLACE

PLACE = Path(__file__)
_mount = st.components.v2.component(
    "gate_player",
    js=PLACE.with_suffix(".js").read_text(),
    css=PLACE.with_suffix(".css").read_text(),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Walk:
    """All numbers of a sequence, and all words about them, with which a browser walks through it.

    ``equation`` is HTML with slots, see gate_player.js.
    """

    source: str
    """Names the sequence and the model."""
    model: str
    """Names the model: another one opens at ``unit`` and ``step``, as the page does."""
    t: Sequence[int]
    values: Mapping[str, Sequence[Sequence[float | None]]]
    """Gates and states by name, a list a step with a number for each unit."""
    unit: int
    """The unit to open at, from 1."""
    step: int
    """The step to open at, one of ``t``."""
    words: Sequence[str]
    """A sentence about each unit."""
    details: Sequence[str]
    """What each unit does on this sequence; empty where there is nothing to say."""
    equation: str
    inputs: Sequence[str] = ()
    """What goes in at each step, in a few characters."""
    tokens: Sequence[str] | None = None
    """The text of each step, where the sequence can be changed."""
    choices: Sequence[str] = ()
    """The symbols that may stand at each step, of a sequence that can be changed."""
    note: str = ""
    """What there is to say of a sequence that has just been changed."""
    separator: str = ""
    """What stands between two tokens; a sequence with one is of words, not of symbols."""


def gate_player(walk: Walk, on_typed: Callable[[], None]) -> None:
    """Draws the controls, the equation and the sentences of one unit at one step.

    Every chart of the page whose ``layout.meta.follows`` is "cell" shows the same unit and step.
    ``on_typed`` is called where the visitor has changed an input; ``typed_text`` then has the text.
    """
    _mount(
        key=GATE_PLAYER.name,
        data=asdict(walk),
        on_typed_change=on_typed,
        on_asked_change=_keep_place,
    )
    if QR_PLACE.get():  # the code is drawn above, outside the fragment
        st.rerun()


def _keep_place() -> None:
    place = (GATE_PLAYER.get() or {}).get("asked") or {}
    QR_PLACE.set({name: str(place[name]) for name in ("unit", "t")})


def typed_text() -> str | None:
    """The sequence as the visitor has just changed it; None where nothing was changed."""
    return (GATE_PLAYER.get() or {}).get("typed")
