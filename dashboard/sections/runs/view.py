"""The list of runs: searched, filtered, and drawn again while any of them trains."""

from __future__ import annotations

import streamlit as st

from dashboard.components import failures
from dashboard.components.download_button import download_button
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import configuration, store
from dashboard.sections.import_results import import_results
from dashboard.sections.runs.actions import actions, recently_deleted, undo_bar
from dashboard.sections.runs.filters import run_filter
from dashboard.sections.runs.table import runs_table
from dashboard.session.session_state import RUNS_SHOWN, UNCHANGED
from dashboard.session.visitor import listed_visitor
from models.analysis.words import count
from models.exchange.run_list import write_run_list
from models.store.run import Run
from models.store.run_search import RunFilter
from models.store.summaries import summarise_some

PAGE = 500
"""Runs that are listed at first, and added by each press of Show more."""
REFRESH_SECONDS = 2.0
"""How often the list is drawn again while something in it is about to change."""
SUMMARY_SECONDS = 0.3
"""How long one drawing of the list makes summaries of runs that have none yet."""


def list_runs() -> None:
    """Draws the list, and above it what finds, imports and restores runs."""
    if not configuration().shared:
        st.caption(
            "Only your own runs are listed, for as long as this browser keeps its cookie. Any "
            "other run can be opened by its address. Whoever hosts the app can choose to list "
            "all runs for everyone."
        )
    import_results()
    wanted = run_filter()
    runs = _found(wanted)
    changing = any(_changes(run) for run in runs)
    shown = failures.shown_errors()(lambda: _list(wanted, changing))
    st.fragment(shown, run_every=REFRESH_SECONDS if changing else None)()
    total = store().count_found(wanted, listed_visitor())
    with st.container(horizontal=True, vertical_alignment="center"):
        if runs:
            st.caption(f"{len(runs)} of {count(total, 'run')}", width="content")
            download_button(
                "List as CSV",
                lambda path: write_run_list(_found(wanted), path),
                "runs.csv",
                "list_csv",
                icon=":material/download:",
            )
        if total > len(runs) and st.button("Show more", key="more"):
            RUNS_SHOWN.set(RUNS_SHOWN.get(PAGE) + PAGE)
            st.rerun()
        recently_deleted()


def _list(wanted: RunFilter, changing: bool) -> None:
    """Draws the table with what is done to its runs; the page anew once nothing changes."""
    if unchanged := UNCHANGED.take():
        st.error(f"Nothing was changed: {escape_markdown(unchanged, most=600)}.")
    undo_bar()
    runs = summarise_some(store(), _found(wanted), SUMMARY_SECONDS)
    if not runs:
        _nothing(wanted)
        return
    bar = st.container()
    with st.container(key="run_table"):
        selected = runs_table(runs)
    with bar:
        actions(selected)
    if changing != any(_changes(run) for run in runs):
        st.rerun()


def _found(wanted: RunFilter) -> list[Run]:
    return store().find(wanted, listed_visitor(), most=RUNS_SHOWN.get(PAGE))


def _changes(run: Run) -> bool:
    """Whether the run's row is about to change by itself."""
    return run.active or run.summary is None


def _nothing(wanted: RunFilter) -> None:
    if wanted == RunFilter("", [], [], [], tags=[]):
        st.info(
            "Nothing has been trained yet. Press Train on the Race page, or open exported results."
        )
    else:
        st.info("No run is like that. Take away a word or a filter.")
