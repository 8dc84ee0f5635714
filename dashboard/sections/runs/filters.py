"""Which runs are listed: a search and filters, bound to the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

import streamlit as st

from dashboard.scheduling.app_resources import store
from dashboard.session.visitor import listed_visitor
from models.cells import CELLS
from models.store import Status
from models.store.run_search import LONGEST_TEXT, RunFilter
from models.tasks import TASKS


def run_filter() -> RunFilter:
    """Draws the search and the filters, and reads them."""
    tags: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom", key="run_filter"):
        text = st.text_input(
            "Search",
            key="search",
            bind="query-params",
            max_chars=LONGEST_TEXT,
            placeholder="name, notes, tags, task or cell",
            icon=":material/search:",
        )
        with st.popover("Filter", icon=":material/filter_list:"):
            tasks = st.multiselect(
                "Task",
                list(TASKS),
                key="with_task",
                bind="query-params",
                format_func=lambda name: TASKS[name].title,
            )
            cells = st.multiselect(
                "Cell",
                list(CELLS),
                key="with_cell",
                bind="query-params",
                format_func=lambda name: CELLS[name].title,
                help="Runs with any of these cells, whatever their options.",
            )
            statuses = st.multiselect(
                "Status", get_args(Status), key="with_status", bind="query-params"
            )
            if known := store().tags(listed_visitor()):
                tags = st.multiselect(
                    "Tag", known, key="with_tag", bind="query-params", help="Runs with all of them."
                )
            since = st.date_input(
                "Made on this day or later", None, key="made_since", bind="query-params"
            )
            until = st.date_input(
                "Made on this day or before", None, key="made_until", bind="query-params"
            )
    return RunFilter(text, tasks, cells, statuses, _start(since), _start(until, days=1), tags)


def _start(day: date | None, days: int = 0) -> datetime | None:
    """The first moment of so many days after this one, in UTC."""
    return datetime.combine(day + timedelta(days=days), time.min, UTC) if day else None
