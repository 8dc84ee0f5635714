"""Cards in a row: a number each, in its cell's colour."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.figures.style import cell_style
from models.analysis.glossary import GLOSSARY
from models.analysis.memory_span import DIVERGED

STYLE = """
<style>
.cards {display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0.25rem 0 0.75rem}
.card {flex: 1 1 8rem; border-left: 0.35rem solid; padding: 0.1rem 0 0.1rem 0.75rem}
.card b {display: block; font-size: 2.1rem; font-weight: 600; line-height: 1.15}
.card b.words {font-size: 1.25rem; line-height: 1.4}
.card small {opacity: 0.75}
</style>
"""


@dataclass(frozen=True)
class Card:
    """One number, or a few words in its place: its label above, a note beneath.

    What it is is ``explained`` to who points at it.
    """

    color: str
    label: str
    value: str
    note: str
    explained: str = ""


def cards(shown: Sequence[Card], name: str) -> None:
    """Draws the cards in a row; ``name`` is its test id."""
    row = "".join(_html(card) for card in shown)
    st.html(f'{STYLE}<div class="cards" data-testid="{escape(name)}">{row}</div>')


def span_cards(spans: pd.DataFrame, cells: Sequence[str]) -> None:
    """Draws the memory span of each cell; a dash where it is not known yet."""
    known = {row["cell"]: row for row in spans.to_dict("records")}
    cards([_span_card(cell, known.get(cell)) for cell in cells], "memory-spans")


def _span_card(cell: str, row: Mapping[Hashable, Any] | None) -> Card:
    style = cell_style(cell)
    text, interval = ("–", "") if row is None else (str(row["text"]), str(row["interval"]))
    # An interval that only repeats the bound adds nothing.
    note = "memory span, steps" + (f" ({interval})" if interval not in ("", text) else "")
    explained = GLOSSARY["memory span"]
    return Card(style.color, style.label, text, "" if text == DIVERGED else note, explained)


def _html(card: Card) -> str:
    words = ' class="words"' if any(sign.isalpha() for sign in card.value) else ""
    return (
        f'<div class="card" style="border-color: {card.color}" title="{escape(card.explained)}">'
        f"{escape(card.label)}"
        f"<b{words}>{escape(card.value)}</b><small>{escape(card.note)}</small></div>"
    )
