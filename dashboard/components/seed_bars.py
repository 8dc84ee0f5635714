"""A small plot of a claim: a bar for each case, the share of seeds for which it holds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboard.figures.claim_cases import COLORS
from models.claims.claim import Case
from models.claims.decision import verdict_of_case
from models.claims.words import seeds_in_words


def seed_bars(cases: Sequence[Case]) -> None:
    """Draws the bars; half of the seeds, which says nothing, is a line across them."""
    bars = [
        f'<i style="width:{case.holds / len(case.values):.0%};'
        f'background:{COLORS[verdict_of_case(case, len(cases))]}"></i>'
        for case in cases
    ]
    words = escape(seeds_in_words(cases))
    st.html(f'<div class="seed-bars" role="img" aria-label="{words}">{"".join(bars)}</div>')
