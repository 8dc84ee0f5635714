"""The table of runs: sorted, selected and labelled in place, with mouse, finger or keyboard."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.scheduling.app_resources import store
from dashboard.sections.runs.frame import EDITED, changed_labels, chips, runs_frame
from dashboard.session.session_state import (
    RUN_EDITS,
    RUN_TABLE,
    SELECTED_RUNS,
    UNCHANGED,
    run_table_widget,
)
from models.analysis.glossary import GLOSSARY
from models.analysis.words import count
from models.store import StoreError, UnknownRunError
from models.store.labels import LONGEST_NAME, LONGEST_TAG, MOST_TAGS, LabelError
from models.store.run import Run

MOST_HEIGHT = 560
"""Pixels of a table with many runs."""
ROW_HEIGHT = 35
LONGEST_TAGS = MOST_TAGS * (2 * LONGEST_TAG + 3)
"""Characters of all tags as text, each of them quoted and all its signs quotes."""


def runs_table(runs: Sequence[Run]) -> list[Run]:
    """Draws the table and returns the runs that are selected; what is edited is stored."""
    ids = tuple(run.id for run in runs)
    key = _widget_key(ids)
    shown = st.data_editor(
        runs_frame(runs, SELECTED_RUNS.get(())),
        height=min(MOST_HEIGHT, ROW_HEIGHT * (len(runs) + 1) + 3),
        hide_index=True,
        column_config=_columns(runs),
        key=key,
        on_change=_store_edits,
        args=(ids, key),
        placeholder="–",
        alt=f"{count(len(runs), 'run')}, one row each. Space selects a row in its first column, "
        "Enter edits name, tags and notes.",
    )
    selected = [run for run, chosen in zip(runs, shown["selected"], strict=True) if chosen]
    SELECTED_RUNS.set(tuple(run.id for run in selected))
    return selected


def select_none() -> None:
    """Selects no run any more; call it before the table is drawn."""
    SELECTED_RUNS.take()
    _anew()


def _anew() -> None:
    """Draws the table anew, with what is stored."""
    RUN_TABLE.set(RUN_TABLE.get(0) + 1)


def _widget_key(ids: Sequence[str]) -> str:
    """Streamlit keeps edits by the number of their row: other rows, or another order, are another
    table."""
    return f"runs_{RUN_TABLE.get(0)}_{zlib.crc32(' '.join(ids).encode())}"


def _columns(runs: Sequence[Run]) -> dict[str, Any]:
    column = st.column_config
    colors = {text: color for run in runs for text, color in chips(run).items()}
    return {
        "selected": column.CheckboxColumn("✓", pinned=True, width=40, help="Select the run"),
        "name": column.TextColumn("Name", pinned=True, width=200, max_chars=LONGEST_NAME),
        "open": column.LinkColumn(
            "",
            display_text=":material/open_in_new:",
            disabled=True,
            width=40,
            help="Opens the run in a new tab",
        ),
        "id": column.TextColumn("Id", disabled=True, width=75),
        "status": column.TextColumn("Status", disabled=True, width=190),
        "task": column.TextColumn("Task", disabled=True, width=150),
        "cells": column.MultiselectColumn(
            "Cells and memory spans",
            options=list(colors),
            color=list(colors.values()),
            disabled=True,
            width="large",
            help=GLOSSARY["memory span"],
        ),
        "tags": column.TextColumn(
            "Tags", width=150, max_chars=LONGEST_TAGS, help="With commas between them."
        ),
        "notes": column.TextColumn("Notes", width=200),
        "longest span": column.NumberColumn(
            "Span, to sort by",
            format="%.0f",
            disabled=True,
            help="The longest span of all its cells, as a number: “> 20” counts as 20.",
        ),
        "lengths": column.TextColumn("Lengths", disabled=True, width=130),
        "seeds": column.NumberColumn("Seeds", disabled=True),
        "pinned": column.CheckboxColumn(
            "Pinned", help="Pinned runs come first, and stay when old runs are removed."
        ),
        "made": column.DatetimeColumn("Made", disabled=True, format="YYYY-MM-DD HH:mm"),
        "duration": column.Column("Trained for", disabled=True),
    }


def _store_edits(ids: Sequence[str], key: str) -> None:
    """Stores what has been edited since the last time, of the rows of these runs."""
    edits = (run_table_widget(key).get() or {}).get("edited_rows", {})
    seen = RUN_EDITS.get({})
    stored = seen.get(key, {})
    RUN_EDITS.set({key: {row: dict(changes) for row, changes in edits.items()}})
    for row, changes in edits.items():
        before = stored.get(row, {})
        new = {
            name: changes[name]
            for name in EDITED
            if name in changes and (name not in before or before[name] != changes[name])
        }
        if new:
            _store(ids[int(row)], new)


def _store(run_id: str, changes: dict[str, Any]) -> None:
    try:
        run = store().run(run_id)
        if labels := changed_labels(run, changes):
            store().label(run_id, replace(run.labels, **labels))
        if "pinned" in changes:
            store().pin(run_id, bool(changes["pinned"]))
    except (StoreError, UnknownRunError, LabelError) as error:
        UNCHANGED.set(str(error))
        _anew()
