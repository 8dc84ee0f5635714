"""What is done to selected runs: they are opened, compared, exported, pinned or deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.components.link_button import link_button
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.sections.runs.table import select_none
from dashboard.sections.share import share_button
from dashboard.session.session_state import DELETED_RUNS, UNCHANGED
from dashboard.session.visitor import listed_visitor
from models.analysis.words import count
from models.exchange.bundle import file_name, write_bundle
from models.exchange.import_files import MOST_FILES
from models.store import StoreError, UnknownRunError
from models.store.deleting import UNDO_HOURS
from models.store.run import Run

MOST_RESTORABLE = 30
"""How many deleted runs are offered to be restored."""


def actions(selected: Sequence[Run]) -> None:
    """Draws a button for each thing that can be done to the selected runs."""
    ids = [run.id for run in selected]
    one, some = len(ids) == 1, bool(ids)
    with st.container(horizontal=True, vertical_alignment="center", key="run_actions"):
        opened = {"run": ids[0]} if one else {}
        link_button("Open", "views/race.py", "open", parameters=opened, disabled=not one)
        compared = st.button(
            "Compare",
            key="compare_selected",
            type="primary",
            disabled=len(ids) < 2,
            help="Select two runs or more in the first column.",
        )
        if compared:
            st.query_params["compare"] = ",".join(run.secret for run in selected)
            st.rerun()
        if one:
            share_button(selected[0])
        if some and len(ids) <= MOST_FILES:
            name = file_name(ids)
            export = partial(write_bundle, scheduler().export, ids)
            download_button("Export", export, name, f"export_{name}")
        else:
            most = f"Of at most {MOST_FILES} runs."
            st.button("Export", key="export_none", disabled=True, help=most if some else None)
        pinned = some and all(run.pinned for run in selected)
        _button("Unpin" if pinned else "Pin", "pin_selected", _pin, ids, not pinned, some=some)
        going = any(run.active for run in selected)
        _button("Delete", "delete_selected", _delete, ids, some=some and not going)
        if some:
            _button("Select none", "select_none", select_none, some=True)
            st.caption(f"{count(len(ids), 'run')} selected", width="content")


def undo_bar() -> None:
    """Draws what was just deleted, with the button that undoes it."""
    if not (deleted := DELETED_RUNS.get(())):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo_bar"):
        st.info(f"{count(len(deleted), 'run')} deleted.", icon=":material/delete:", width=220)
        st.button("Undo", key="undo", on_click=_restore, args=(deleted,), icon=":material/undo:")


def recently_deleted() -> None:
    """Draws the runs whose deletion can be undone, each with a button that does."""
    runs = store().deleted(listed_visitor())[::-1]
    if not runs:
        return
    with st.popover("Deleted runs", icon=":material/restore_from_trash:"):
        st.caption(f"A deletion can be undone for {UNDO_HOURS} hours.")
        for run in runs[:MOST_RESTORABLE]:
            label = f"Restore {escape_markdown(run.title)}"
            st.button(label, key=f"restore_{run.id}", on_click=_restore, args=([run.id],))


def _button(
    label: str, key: str, change: Callable[..., object], *arguments: Any, some: bool
) -> None:
    st.button(label, key=key, on_click=_tried, args=(change, *arguments), disabled=not some)


def _tried(change: Callable[..., object], *arguments: Any) -> None:
    """Makes a change; where that cannot be, the page says why."""
    try:
        change(*arguments)
    except (StoreError, UnknownRunError) as error:
        UNCHANGED.set(str(error))


def _pin(ids: Sequence[str], pinned: bool) -> None:
    for run in ids:
        store().pin(run, pinned)


def _delete(ids: Sequence[str]) -> None:
    store().mark_deleted(ids)
    DELETED_RUNS.set(tuple(ids))
    select_none()


def _restore(ids: Sequence[str]) -> None:
    _tried(store().restore, ids)
    DELETED_RUNS.take()
