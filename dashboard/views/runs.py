"""The Runs page: runs to find, label, compare and export, and exported ones to open."""

from __future__ import annotations

import streamlit as st

from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.compare.view import compare
from dashboard.sections.runs.view import list_runs


def page() -> None:
    """Draws the page: the table of runs, or the comparison that the address asks for."""
    compares = "compare" in st.query_params
    st.title("Compare runs" if compares else "Runs", anchor=False)
    scheduler()  # closes runs that have lost their process
    if compares:
        compare()
    else:
        list_runs()


page()
