"""A run from the press of Train to its end, as every page shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.components import failures
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling import admission
from dashboard.scheduling.app_resources import scheduler
from dashboard.session import current_run
from dashboard.session.session_state import REFUSED
from dashboard.session.visitor import is_mine
from dashboard.sidebar import controls
from models.analysis.extension import added
from models.analysis.words import of_all
from models.experiment import Experiment
from models.store.run import Run

REFRESH_SECONDS: dict[current_run.Phase, float | None] = {
    "queued": 2.0,
    "starting": 0.5,
    "arriving": 0.5,
    "training": 2.0,
    "ended": None,
}
"""Seconds until a run is drawn again: sooner while a visitor waits for the first points."""
OTHERS_SHOWN = 2
"""Most of a visitor's other active runs that are listed."""


@contextmanager
def start_row(settings: controls.Settings, run: Run | None) -> Iterator[None]:
    """Draws a row with Train, what is drawn inside the ``with`` block, and the cost.

    Above it stands the reason why Train cannot be pressed, and below it the visitor's other runs.
    """
    experiment = settings.experiment
    if settings.problem:
        before = ". Shown below are the last settings that can" if experiment else ""
        problem = escape_markdown(settings.problem.rstrip("."), most=600)
        st.error(f"These settings cannot be run: {problem}{before}.")
    refusal = admission.refusal(experiment) if experiment else ""
    if refusal:
        st.error(f"This experiment takes {escape_markdown(refusal, most=600)}")
    if refused := REFUSED.take():
        st.warning(f"Not started: {escape_markdown(refused, most=600)}.", icon=":material/block:")
    active = run is not None and run.active and is_mine(run)
    same = active and run is not None and run.experiment == experiment
    row = st.container(horizontal=True, vertical_alignment="center", key="press")
    with row:
        _train(experiment, disabled=same or experiment is None or bool(settings.problem or refusal))
        yield
    if experiment and not refusal and not same:  # whose time left stands with its progress
        row.caption(
            admission.cost_in_words(experiment),
            help="Estimated training time and memory on this machine, if nothing else is training.",
            width="content",
        )
    if current_run.other_active_runs():
        others = partial(_other_runs, current_run.shown_id())
        st.fragment(failures.shown_errors()(others), run_every=REFRESH_SECONDS["training"])()


def _train(experiment: Experiment | None, *, disabled: bool) -> None:
    st.button(
        "Train",
        key="train",
        type="primary",
        on_click=current_run.start,
        args=(experiment,),
        disabled=disabled,
    )


def other_settings(run: Run, experiment: Experiment | None) -> None:
    """Where the sidebar says something else than the run on show: dims its plots and says so."""
    place = st.container()  # there even where it is empty: what follows it stays where it is
    if experiment is None or experiment == run.experiment:
        return
    place.html("<style>.js-plotly-plot, [data-testid=memory-spans] {opacity: 0.45}</style>")
    row = place.container(horizontal=True, vertical_alignment="center", key="other_settings")
    row.caption("The settings have changed since this run.", width="content")
    row.button(
        "Restore its settings",
        key="back_to_settings",
        on_click=controls.show,
        args=(run.experiment,),
    )
    row.button(
        "Train these",
        key="train_these",
        on_click=current_run.start,
        args=(experiment,),
        disabled=bool(admission.refusal(experiment)),
    )


def _other_runs(shown: str | None) -> None:
    """Draws the visitor's active runs other than the one that is ``shown``."""
    runs = current_run.other_active_runs()
    if not runs or current_run.shown_id() != shown:
        st.rerun()
    for run in runs[:OTHERS_SHOWN]:
        words, show, stop = st.columns([4, 1, 1], vertical_alignment="center")
        words.info(
            f"{_named(run, 'Your run')} is {'waiting' if run.status == 'queued' else 'training'}: "
            f"{_done(run)}, {current_run.time_left(run)}.",
            icon=":material/directions_run:",
        )
        show.button("Show it", key=f"show_{run.id}", on_click=_show, args=(run,), width="stretch")
        stop.button(
            "Stop it",
            key=f"stop_{run.id}",
            on_click=current_run.stop,
            args=(run.id,),
            disabled=run.stop_requested,
            width="stretch",
        )
    if len(runs) > OTHERS_SHOWN:
        st.caption(f"{len(runs) - OTHERS_SHOWN} more on the Runs page.")


def _done(run: Run) -> str:
    return of_all(run.done_steps, run.total_steps, "optimiser step")


def _show(run: Run) -> None:
    current_run.look_at(run.id)
    controls.show(run.experiment)


def follow(run: Run, draw: Callable[[Run], None]) -> None:
    """Draws a run: again and again while it trains, once while it waits and when it has ended."""
    phase = current_run.phase(run)
    status = _RunStatus(run.id, phase)
    if phase in ("queued", "starting"):
        st.fragment(failures.shown_errors()(status.draw), run_every=REFRESH_SECONDS[phase])()
        draw(run)
    else:
        shown = failures.shown_errors()(lambda: draw(status.draw()))
        st.fragment(shown, run_every=REFRESH_SECONDS[phase])()


@dataclass
class _RunStatus:
    """The state of the run on show, drawn again and again while it is in one phase."""

    run_id: str
    phase: current_run.Phase
    first: bool = True
    """Whether the whole page is being drawn, which must come to its end."""

    def draw(self) -> Run:
        """Draws progress or outcome, and returns the run.

        The page starts again where the run has come into another phase, or another is on show: what
        is drawn again and again is a part of the page, and its settings would stay those before.
        """
        run = current_run.current()
        if run is None or run.id != self.run_id:
            st.rerun()
        if not self.first:
            current_run.reader().waits = False
            if current_run.phase(run) != self.phase or current_run.has_grown(run):
                st.rerun()
        self.first = False
        if run.active:
            scheduler().mark_viewed(run.id)
            _progress(run)
        else:
            _ended(run)
        return run


def _progress(run: Run) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.progress(
        min(run.done_steps / max(run.total_steps, 1), 1.0),
        f"{_done(run)}, {current_run.time_left(run)}{_addition(run)}",
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


def _addition(run: Run) -> str:
    """What an extension adds to what there was before; empty of any other run."""
    more = added(run.experiment, run.earlier[-1]) if run.earlier else ""
    if run.narrows:
        return f". Narrowing down{f': {more}' if more else ''}"
    return f". Added: {more}" if more else ""


def _named(run: Run, beginning: str = "Run") -> str:
    """The run by its short id, and its name if it has one, in Markdown."""
    name = run.labels.name
    return f"{beginning} {run.short_id}" + (f" “{escape_markdown(name)}”" if name else "")


def _ended(run: Run) -> None:
    reason = escape_markdown(run.message.rstrip("."), most=600)
    imported = f", {reason}" if reason else ""
    if run.status == "finished":
        # Why narrowing down has ended stands below the plot, where it began.
        st.caption(f"{_named(run)} finished{'' if run.narrows else imported}.")
        return
    words, button = st.columns([5, 1], vertical_alignment="center")
    if run.status == "stopped":
        done = of_all(run.done_steps, run.total_steps, "step")
        words.caption(f"{_named(run)} was stopped after {done}{imported}.")
    else:
        kept = " Its measurements up to then are shown." if current_run.cells_measured(run) else ""
        failed = run.status == "failed"
        banner = words.error if failed else words.warning
        banner(f"{_named(run)} {'failed' if failed else 'was interrupted'}: {reason}.{kept}")
    if run.resumable and is_mine(run):
        button.button(
            "Resume",
            key="resume",
            on_click=current_run.resume,
            args=(run.id,),
            help="Continues from the last checkpoint. The results are the same as without a break.",
            width="stretch",
        )
