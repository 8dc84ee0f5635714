"""Runs: everything that was trained, to open, export or delete."""

from __future__ import annotations

import streamlit as st

from dashboard import current_run
from dashboard.figures.style import cell_style
from dashboard.services import store, trainer
from models.results.files import from_store, zip_bytes
from models.results.store import Run

PAGE = 30  # runs shown at first, and added by each press of Show more
SIGNS = {
    "queued": ":material/hourglass_top:",
    "running": ":material/directions_run:",
    "finished": ":green[:material/check_circle:]",
    "stopped": ":orange[:material/stop_circle:]",
    "failed": ":red[:material/error:]",
}


def page() -> None:
    """A row for each run, newest first."""
    st.subheader("Runs")
    trainer()  # closes runs that have lost their process
    runs = store().runs()
    if not runs:
        st.info("Nothing was trained yet. Press Train on the Race page, or use the command line.")
        return
    shown = st.session_state.setdefault("runs_shown", PAGE)
    for run in runs[:shown]:
        _row(run)
    if len(runs) > shown and st.button(f"Show more of {len(runs)} runs", key="more"):
        st.session_state["runs_shown"] = shown + PAGE
        st.rerun()


def _row(run: Run) -> None:
    with st.container(border=True, key=f"run_{run.id}"):
        words, opening, export, deletion = st.columns([6, 1, 1, 1], vertical_alignment="center")
        experiment = run.experiment
        cells = " · ".join(cell_style(cell).label for cell in experiment.cells)
        seeds = "1 seed" if experiment.seeds == 1 else f"{experiment.seeds} seeds"
        lengths = ", ".join(str(length) for length in experiment.lengths)
        words.markdown(
            f"{SIGNS[run.status]} **{experiment.task}** · {cells}  \n"
            f"T = {lengths} · {seeds} · {run.done_steps} of {run.total_steps} "
            f"steps · {run.status}{': ' + run.message if run.message else ''}  \n"
            f"`{run.id}` · {run.created:%Y-%m-%d %H:%M} UTC"
        )
        if opening.button("Open", key=f"open_{run.id}", width="stretch"):
            st.switch_page("views/race.py", query_params={"run": run.id})
        export.download_button(
            "Export",
            lambda: zip_bytes(from_store(store(), run.id)),
            f"{run.id}.zip",
            "application/zip",
            key=f"export_{run.id}",
            on_click="ignore",
            width="stretch",
        )
        with deletion.popover("Delete", width="stretch", disabled=current_run.going(run)):
            st.write("What it measured will be gone.")
            st.button(
                "Delete for good", key=f"delete_{run.id}", on_click=store().delete, args=(run.id,)
            )


page()
