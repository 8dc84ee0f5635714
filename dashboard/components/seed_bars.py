"""A small plot of a claim: a bar for each case, the share of seeds for which it holds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboard.figures.claim_cases import COLORS
from models.claims.claim import Case
from models.claims.decision import verdict_of_case
from models.claims.words import seeds_in_words

WIDTH, BAR, GAP = 140, 6, 3
"""The width of the plot, and the height of a bar and of the space beneath it, pixels."""


def seed_bars(cases: Sequence[Case]) -> None:
    """Draws the bars; half of the seeds, which says nothing, is a line across them."""
    height = len(cases) * (BAR + GAP) + GAP
    bars = [
        f'<rect x="0" y="{GAP + place * (BAR + GAP)}" height="{BAR}" '
        f'width="{max(1, round(WIDTH * case.holds / len(case.values)))}" '
        f'fill="{COLORS[verdict_of_case(case, len(cases))]}"/>'
        for place, case in enumerate(cases)
    ]
    st.html(
        f'<svg role="img" aria-label="{escape(seeds_in_words(cases))}" width="{WIDTH}" '
        f'height="{height}" viewBox="0 0 {WIDTH} {height}">'
        f'<rect width="{WIDTH}" height="{height}" fill="#80849522"/>{"".join(bars)}'
        f'<path d="M{WIDTH / 2} 0V{height}" stroke="#808495" stroke-dasharray="2 2"/></svg>'
    )
