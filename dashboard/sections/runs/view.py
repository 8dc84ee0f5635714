"""The list of runs: searched, filtered, and drawn again while any of them trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components import failures
from dashboard.components.download_button import download_button
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import configuration, store
from dashboard.sections.import_results import import_results
from dashboard.sections.runs.actions import actions, recently_deleted, undo_bar
from dashboard.sections.runs.filters import run_filter
from dashboard.sections.runs.table import runs_table
from dashboard.session.session_state import LISTED_RUNS, RUNS_SHOWN, UNCHANGED
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
    listed = _listed(wanted)
    changing = listed.changing
    shown = failures.shown_errors()(lambda: _list(listed))
    st.fragment(shown, run_every=REFRESH_SECONDS if changing else None)()
    with st.container(horizontal=True, vertical_alignment="center"):
        if listed.ids:
            caption = f"{len(listed.ids)} of {count(listed.total, 'run')}"
            st.caption(caption, width="content")
            download_button(
                "List as CSV",
                lambda path: write_run_list(_found(wanted), path),
                "runs.csv",
                "list_csv",
                icon=":material/download:",
            )
        if listed.total > len(listed.ids) and st.button("Show more", key="more"):
            RUNS_SHOWN.set(RUNS_SHOWN.get(PAGE) + PAGE)
            st.rerun()
        recently_deleted()


@dataclass(frozen=True)
class _Listed:
    """What the list holds from one drawing of the page to the next.

    A row that came or went by itself would make the table anew, and take away what is being typed.
    """

    wanted: RunFilter
    ids: Sequence[str]
    total: int
    """How many runs were wanted, listed or not."""
    changing: bool

    def runs(self) -> list[Run]:
        """The runs as they are now, pinned ones first, then the newest."""
        runs = store().named(self.ids)
        return sorted(runs, key=lambda run: (not run.pinned, -run.created.timestamp()))


def _listed(wanted: RunFilter) -> _Listed:
    if kept := LISTED_RUNS.take():
        ids, total = kept
        runs = store().named(ids)
    else:
        runs, total = _found(wanted), store().count_found(wanted, listed_visitor())
        ids = [run.id for run in runs]
    return _Listed(wanted, ids, total, any(_changes(run) for run in runs))


def _list(listed: _Listed) -> None:
    """Draws the table with what is done to its runs; the page anew once nothing changes."""
    if unchanged := UNCHANGED.take():
        st.error(f"Nothing was changed: {escape_markdown(unchanged, most=600)}.")
    undo_bar()
    runs = summarise_some(store(), listed.runs(), SUMMARY_SECONDS)
    if not runs:
        _nothing(listed.wanted)
        return
    bar = st.container()
    with st.container(key="run_table"):
        selected = runs_table(runs)
    with bar:
        actions(selected)
    new = store().count_found(listed.wanted, listed_visitor()) - listed.total
    if new > 0 and st.button(f"Show {count(new, 'new run')}", key="show_new"):
        st.rerun()
    if listed.changing != any(_changes(run) for run in runs):
        LISTED_RUNS.set((listed.ids, listed.total))
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
