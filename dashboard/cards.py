"""The memory spans as a row of figures, in the cells' colours."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.figures.style import cell_style

STYLE = """
<style>
.spans {display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0.25rem 0 0.75rem}
.span {flex: 1 1 8rem; border-left: 0.35rem solid; padding: 0.1rem 0 0.1rem 0.75rem}
.span b {display: block; font-size: 2.1rem; font-weight: 600; line-height: 1.15}
.span small {opacity: 0.75}
</style>
"""


def span_cards(spans: pd.DataFrame, cells: Sequence[str]) -> None:
    """One card a cell; a dash where nothing is known yet."""
    known = {row["cell"]: row for row in spans.to_dict("records")}
    cards = [_card(cell, known.get(cell)) for cell in cells]
    st.html(f'{STYLE}<div class="spans" data-testid="memory-spans">{"".join(cards)}</div>')


def _card(cell: str, row: Mapping[Hashable, Any] | None) -> str:
    style = cell_style(cell)
    text = "–" if row is None else str(row["text"])
    interval = "steps" if row is None or not row["interval"] else f"steps ({row['interval']})"
    return (
        f'<div class="span" style="border-color: {style.color}">{escape(style.label)}'
        f"<b>{escape(text)}</b><small>{escape(interval)}</small></div>"
    )
