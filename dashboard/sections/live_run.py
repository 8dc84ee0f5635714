"""A run from the press of Train to its end, on every page that shows runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard.components import failures
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling import admission
from dashboard.scheduling.app_resources import trainer
from dashboard.session import current_run
from dashboard.session.session_state import REFUSED
from dashboard.session.visitor import is_mine
from dashboard.sidebar import controls
from models.analysis.words import of_all
from models.store.run import Run

# How often a run is looked at again: a visitor waits for the first points, then watches.
REFRESH_SECONDS: dict[current_run.Phase, float | None] = {
    "queued": 2.0,
    "starting": 0.5,
    "arriving": 0.5,
    "training": 2.0,
    "ended": None,
}
SHOWN_ELSEWHERE = 2
"""How many of a visitor's other active runs are named."""


def start_button(settings: controls.Settings, run: Run | None, beside: Callable[[], None]) -> None:
    """Train, what it takes or why it cannot be; ``beside`` draws what stands next to it."""
    experiment = settings.experiment
    if settings.problem:
        st.error(f"These settings cannot be run: {escape_markdown(settings.problem, most=600)}")
    refusal = admission.refusal(experiment) if experiment else ""
    if refusal:
        st.error(f"This experiment takes {escape_markdown(refusal, most=600)}")
    if refused := REFUSED.take():
        st.warning(f"Not started: {escape_markdown(refused, most=600)}.", icon=":material/block:")
    going = run is not None and run.active and is_mine(run)
    same = going and run is not None and run.experiment == experiment
    left, middle, right = st.columns([2, 3, 5], vertical_alignment="center")
    left.button(
        "Train",
        key="train",
        type="primary",
        on_click=current_run.start,
        args=(experiment,),
        disabled=same or experiment is None or bool(refusal),
        width="stretch",
    )
    if experiment and not refusal:
        middle.caption(
            f"Takes {admission.cost_in_words(experiment)}.",
            help="Estimated for this machine, where nothing else trains.",
        )
    with right:
        if experiment and not going:
            beside()
        if run and experiment and not same and run.experiment != experiment:
            st.caption("The settings have changed since this run: press Train to run them.")
    if current_run.elsewhere():
        st.fragment(failures.shown_errors()(_elsewhere), run_every=REFRESH_SECONDS["training"])()


def _elsewhere() -> None:
    """The visitor's other runs that are going."""
    runs = current_run.elsewhere()
    if not runs:
        st.rerun()
    for run in runs[:SHOWN_ELSEWHERE]:
        words, show, stop = st.columns([4, 1, 1], vertical_alignment="center")
        words.info(
            f"Your run {run.id} {'waits' if run.status == 'queued' else 'trains'}: "
            f"{run.done_steps} of {run.total_steps} optimiser steps, {current_run.time_left(run)}.",
            icon=":material/directions_run:",
        )
        show.button(
            "Show it", key=f"show_{run.id}", on_click=_look_at, args=(run,), width="stretch"
        )
        stop.button(
            "Stop it",
            key=f"stop_{run.id}",
            on_click=current_run.stop,
            args=(run.id,),
            disabled=run.stop_requested,
            width="stretch",
        )
    if len(runs) > SHOWN_ELSEWHERE:
        st.caption(f"{len(runs) - SHOWN_ELSEWHERE} more of yours wait: see Runs.")


def _look_at(run: Run) -> None:
    current_run.look_at(run.id)
    controls.show(run.experiment)


def follow(run: Run, draw: Callable[[Run], None]) -> None:
    """Draws a run again and again while it trains, and once before it does or when it has ended."""
    phase = current_run.phase(run)
    look = _Look(phase)
    if phase in ("queued", "starting"):
        st.fragment(failures.shown_errors()(look.at), run_every=REFRESH_SECONDS[phase])()
        draw(run)
    else:
        shown = failures.shown_errors()(lambda: draw(look.at()))
        st.fragment(shown, run_every=REFRESH_SECONDS[phase])()


@dataclass
class _Look:
    """Looks at the run on show while it is in a phase."""

    phase: current_run.Phase
    first: bool = True
    """As part of the page, which is drawn to its end."""

    def at(self) -> Run:
        """Tells how the run is; starts the page again where its phase is another by now."""
        run = current_run.current()
        if run is None:
            st.rerun()
        if not self.first:
            current_run.reader().waits = False
            if current_run.phase(run) != self.phase:
                st.rerun()
        self.first = False
        if run.active:
            trainer().mark_viewed(run.id)
            _going(run)
        else:
            _ended(run)
        return run


def _going(run: Run) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.progress(
        min(run.done_steps / max(run.total_steps, 1), 1.0),
        f"{run.done_steps} of {run.total_steps} optimiser steps, {current_run.time_left(run)}",
    )
    if is_mine(run):
        right.button(
            "Stop",
            key="stop",
            on_click=current_run.stop,
            args=(run.id,),
            disabled=run.stop_requested,
            width="stretch",
        )


def _ended(run: Run) -> None:
    reason = escape_markdown(run.message.rstrip("."), most=600)
    imported = f", {reason}" if reason else ""
    if run.status == "finished":
        st.caption(f"Run {run.id} finished{imported}.")
        return
    words, button = st.columns([5, 1], vertical_alignment="center")
    if run.status == "stopped":
        done = of_all(run.done_steps, run.total_steps, "step")
        words.caption(f"Run {run.id} was stopped after {done}{imported}.")
    else:
        kept = " What it had measured is shown." if current_run.cells_measured(run) else ""
        failed = run.status == "failed"
        banner = words.error if failed else words.warning
        banner(f"Run {run.id} {'failed' if failed else 'was interrupted'}: {reason}.{kept}")
    if run.resumable and is_mine(run):
        button.button(
            "Resume",
            key="resume",
            on_click=current_run.resume,
            args=(run.id,),
            help="Goes on from its last checkpoint, to the same numbers as without a break.",
            width="stretch",
        )
