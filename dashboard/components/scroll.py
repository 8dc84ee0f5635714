"""Scrolls the page to a place, once it is drawn."""

from __future__ import annotations

import time

import streamlit as st

TOP = "h1"
"""The page's title, as a CSS selector."""
SCRIPT = """if (window.moved !== %d) {
    window.moved = %d;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = still ? "instant" : "smooth";
    document.querySelector("%s")?.scrollIntoView({behavior});
}"""


def scroll_to(place: str) -> None:
    """Scrolls to the place with this CSS selector.

    Once for each call: the page may be drawn anew around the script.
    """
    now = time.monotonic_ns() // 1000
    script = SCRIPT % (now, now, place)
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
