"""The Runs page: trained runs to open, export, pin or delete, and exported ones to import."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import configuration, scheduler, store
from dashboard.sections.import_results import import_results
from dashboard.session import current_run
from dashboard.session.session_state import RUNS_SHOWN, UNCHANGED
from dashboard.session.visitor import listed_visitor
from models.analysis.words import count, of_all
from models.cells import cell_label
from models.store import StoreError, UnknownRunError
from models.store.run import Run
from models.tasks import task_title

PAGE = 30  # runs shown at first, and added by each press of Show more
SIGNS = {
    "queued": ":material/hourglass_top:",
    "running": ":material/directions_run:",
    "finished": ":green[:material/check_circle:]",
    "stopped": ":orange[:material/stop_circle:]",
    "interrupted": ":orange[:material/power_off:]",
    "failed": ":red[:material/error:]",
}


def page() -> None:
    """Draws the page: a row for each run, newest first."""
    st.title("Runs", anchor=False)
    scheduler()  # closes runs that have lost their process
    if not configuration().shared:
        st.caption(
            "Only your own runs are listed, for as long as this browser keeps its cookie. Any "
            "other run can be opened by its address. Whoever hosts the app can choose to list "
            "all runs for everyone."
        )
    if unchanged := UNCHANGED.take():
        st.error(f"Nothing was changed: {escape_markdown(unchanged, most=600)}.")
    import_results()
    shown = RUNS_SHOWN.get(PAGE)
    runs = store().runs(listed_visitor(), most=shown)
    if not runs:
        st.info(
            "Nothing has been trained yet. Press Train on the Race page, or open exported results."
        )
        return
    for run in runs:
        _row(run)
    total = store().count(listed_visitor())
    if total > shown and st.button(f"Show more of {total} runs", key="more"):
        RUNS_SHOWN.set(shown + PAGE)
        st.rerun()


def _row(run: Run) -> None:
    with st.container(border=True, key=f"run_{run.id}"):
        words, presses = st.columns([5, 4], vertical_alignment="center")
        words.markdown(_description(run))
        buttons = presses.container(horizontal=True)
        if buttons.button("Open", key=f"open_{run.id}", width="stretch"):
            current_run.look_at(run.id)
            st.switch_page("views/race.py", query_params={"run": run.id})
        download_button(
            "Export",
            partial(scheduler().export, run.id, f"{run.id}.zip"),
            f"{run.id}.zip",
            f"export_{run.id}",
            buttons,
            width="stretch",
        )
        buttons.button(
            "Unpin" if run.pinned else "Pin",
            key=f"pin_{run.id}",
            on_click=_change,
            args=(store().pin, run.id, not run.pinned),
            help="Pinned runs are kept when old runs are deleted to save space.",
            width="stretch",
        )
        with buttons.popover("Delete", width="stretch", disabled=run.active):
            st.write("The run and its measurements will be deleted.")
            st.button(
                "Delete permanently",
                key=f"delete_{run.id}",
                on_click=_change,
                args=(store().delete, run.id),
            )


def _change(change: Callable[..., None], *arguments: object) -> None:
    try:
        change(*arguments)
    except (StoreError, UnknownRunError) as error:
        UNCHANGED.set(str(error))


def _description(run: Run) -> str:
    experiment = run.experiment
    cells = " · ".join(cell_label(cell) for cell in experiment.cells)
    seeds = count(experiment.seeds, "seed")
    lengths = ", ".join(str(length) for length in experiment.lengths)
    status = f"{run.status}: {escape_markdown(run.message)}" if run.message else run.status
    if run.active:
        status = f"{run.status}, {current_run.time_left(run)}"
    steps = of_all(run.done_steps, run.total_steps, "step")
    extends = f" · extends `{run.extends}`" if run.extends else ""
    pinned = " · :material/keep: pinned" if run.pinned else ""
    return (
        f"{SIGNS[run.status]} **{task_title(experiment.task)}** · {cells}  \n"
        f"T = {lengths} · {seeds} · {steps} · {status}  \n"
        f"`{run.id}` · {run.created:%Y-%m-%d %H:%M} UTC{extends}{pinned}"
    )


page()
