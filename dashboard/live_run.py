"""A run from the press of Train to its end, on every page that shows runs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import controls, current_run
from models.results.store import Run

# How often a run is drawn again: a visitor waits for the first points, then watches.
REFRESH_SECONDS: dict[current_run.Phase, float | None] = {
    "waiting": 0.5,
    "training": 2.0,
    "ended": None,
}


def start_button(settings: controls.Settings, run: Run | None, beside: Callable[[], None]) -> None:
    """Train, and why it cannot be pressed; ``beside`` draws what stands next to it."""
    experiment = settings.experiment
    if settings.problem:
        st.error(f"These settings cannot be run: {settings.problem}")
    going, other = current_run.going(run), current_run.elsewhere()
    left, right = st.columns([1, 4], vertical_alignment="center")
    left.button(
        "Train",
        key="train",
        type="primary",
        on_click=current_run.start,
        args=(experiment,),
        disabled=going or other is not None or experiment is None,
        width="stretch",
    )
    with right:
        if experiment and not going:
            beside()
        if run and experiment and not going and run.experiment != experiment:
            st.caption("The settings have changed since this run: press Train to run them.")
    if other:
        st.fragment(_elsewhere, run_every=REFRESH_SECONDS["training"])()


def _elsewhere() -> None:
    """One visitor, one run: what keeps Train off, and how to go on."""
    run = current_run.elsewhere()
    if run is None:
        st.rerun()
    words, show, stop = st.columns([4, 1, 1], vertical_alignment="center")
    words.info(
        f"Your run {run.id} is still training: {run.done_steps} of {run.total_steps} optimiser "
        f"steps, {current_run.time_left(run)}. Train is on again when it has ended.",
        icon=":material/directions_run:",
    )
    show.button("Show it", key="show_going", on_click=_look_at, args=(run,), width="stretch")
    stop.button(
        "Stop it",
        key="stop_going",
        on_click=current_run.stop,
        args=(run.id,),
        disabled=run.stop_requested,
        width="stretch",
    )


def _look_at(run: Run) -> None:
    current_run.look_at(run.id)
    controls.show(run.experiment)


def follow(run: Run, draw: Callable[[Run], None]) -> None:
    """Draws a run again and again while it is going, and once when it is not."""
    phase = current_run.phase(run)
    st.fragment(_show, run_every=REFRESH_SECONDS[phase])(phase, draw)


def _show(phase: current_run.Phase, draw: Callable[[Run], None]) -> None:
    run = current_run.current()
    if run is None or current_run.phase(run) != phase:
        st.rerun()
    _status(run)
    draw(run)


def _status(run: Run) -> None:
    if current_run.going(run):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.progress(
            min(run.done_steps / max(run.total_steps, 1), 1.0),
            f"{run.done_steps} of {run.total_steps} optimiser steps, {current_run.time_left(run)}",
        )
        right.button(
            "Stop",
            key="stop",
            on_click=current_run.stop,
            args=(run.id,),
            disabled=run.stop_requested,
            width="stretch",
        )
    elif run.status == "failed":
        reason = run.message.rstrip(".")
        kept = " What it had measured is shown." if current_run.cells_measured(run) else ""
        st.error(f"Run {run.id} failed: {reason}.{kept}")
    elif run.status == "stopped":
        st.caption(f"Run {run.id} was stopped after {run.done_steps} of {run.total_steps} steps.")
    else:
        st.caption(f"Run {run.id} finished.")
