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
.cards {display: flex; flex-wrap: wrap; gap: 0.5rem}
.card {
  flex: 1 1 10.75rem; border-left: 0.35rem solid; padding-left: 0.6rem; line-height: 1.3;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
}
.card b {font-size: 1.7rem; font-weight: 600; line-height: 1.2; margin-right: 0.35rem}
.card span {display: block}
.card b.words {display: block; font-size: 1.06rem; line-height: 1.2}
.card b.words + small {
  display: block; line-height: 1.05; white-space: normal;
}
.card b.words + small:empty {display: none}
.card b.words:has(+ small:empty) {font-size: 1.25rem; line-height: 1.7}
@media (max-width: 640px) {
  .cards {flex-wrap: nowrap; overflow-x: auto; scrollbar-width: thin}
  .card {flex: none}
}
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
    st.html(f'{STYLE}<div class="cards" data-testid="{escape(name)}">{_row(shown)}</div>')


def span_cards(spans: pd.DataFrame, cells: Sequence[str]) -> None:
    """Draws the memory span of each cell, where it is known."""
    cards(_span_cards(spans, cells), "memory-spans")


def span_row(spans: pd.DataFrame, cells: Sequence[str]) -> str:
    """The HTML inside the row of ``span_cards``."""
    return _row(_span_cards(spans, cells))


def _row(shown: Sequence[Card]) -> str:
    return "".join(_html(card) for card in shown)


def _span_cards(spans: pd.DataFrame, cells: Sequence[str]) -> list[Card]:
    known = {row["cell"]: row for row in spans.to_dict("records")}
    return [_span_card(cell, known.get(cell)) for cell in cells]


def _span_card(cell: str, row: Mapping[Hashable, Any] | None) -> Card:
    style = cell_style(cell)
    if row is None:
        return Card(style.color, style.label, "not known yet", "", GLOSSARY["memory span"])
    text, interval = str(row["text"]), str(row["interval"])
    note = f"steps ({interval})" if interval else "steps"
    note = "" if text == DIVERGED else note
    return Card(style.color, style.label, text, note, GLOSSARY["memory span"])


def _html(card: Card) -> str:
    words = ' class="words"' if any(sign.isalpha() for sign in card.value) else ""
    return (
        f'<div class="card" style="border-color: {card.color}" title="{escape(card.explained)}">'
        f"<span>{escape(card.label)}</span>"
        f"<b{words}>{escape(card.value)}</b><small>{escape(card.note)}</small></div>"
    )
