"""Race: accuracy against sequence length, while it is learnt."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import controls, current_run, examples
from dashboard.downloads import reproduce, table_downloads
from dashboard.guesses import guess_controls, guesses
from dashboard.measured import of_results
from dashboard.results_view import draw
from dashboard.services import store, trainer
from dashboard.task_legend import task_legend
from models.experiment import Experiment
from models.presets import PRESETS, Preset
from models.results.files import Results, from_store
from models.results.store import Run
from models.tasks import make_task

# How often a run is drawn again: a visitor waits for the first points, then watches.
REFRESH_SECONDS: dict[current_run.Phase, float | None] = {
    "waiting": 0.5,
    "training": 2.0,
    "ended": None,
}


def page() -> None:
    """The page, from top to bottom."""
    st.subheader("How far back can a recurrent network remember, and why does it forget?")
    if opened := current_run.opened_by_address():
        controls.show(opened.experiment)
    _presets()
    settings = controls.settings()
    for message in settings.messages:
        st.warning(message, icon=":material/link_off:")
    experiment = settings.experiment
    if unknown := st.session_state.get(current_run.UNKNOWN):
        st.warning(f"Run {unknown} is not in this store. The settings are as in the address.")
    run = current_run.current()
    preset = next((one for one in PRESETS.values() if one.experiment == experiment), None)
    if preset:
        st.caption(f"**{preset.title}** {preset.lesson}")
    _start_button(settings, run)
    if experiment:
        with st.expander(f"The task: {make_task(experiment.task).title}"):
            task_legend(experiment)
    if run:
        _follow_run(current_run.phase(run))
        st.divider()
        reproduce(run.experiment)
    elif experiment:
        _before_the_first_press(experiment, preset)
    trainer()  # from the first visit on a warm process waits; it does not hold up the page


def _presets() -> None:
    for column, preset in zip(st.columns(len(PRESETS)), PRESETS.values(), strict=True):
        column.button(
            preset.title,
            key=f"preset_{preset.name}",
            on_click=_choose,
            args=(preset,),
            help=preset.lesson,
            width="stretch",
        )


def _choose(preset: Preset) -> None:
    current_run.leave()
    controls.show(preset.experiment)


def _start_button(settings: controls.Settings, run: Run | None) -> None:
    experiment = settings.experiment
    if settings.problem:
        st.error(f"These settings cannot be run: {settings.problem}")
    going = current_run.going(run)
    left, right = st.columns([1, 4], vertical_alignment="center")
    left.button(
        "Train",
        key="train",
        type="primary",
        on_click=current_run.start,
        args=(experiment,),
        disabled=going or experiment is None,
        width="stretch",
    )
    if experiment is None:
        return
    with right.popover("Guess first") if not going else right.container():
        if not going:
            st.write("Up to which sequence length will each cell remember?")
            guess_controls(experiment)
    if run and not going and run.experiment != experiment:
        right.caption("The settings have changed since this run: press Train to run them.")


def _follow_run(phase: current_run.Phase) -> None:
    """Draws the run again and again while it is going, and once when it is not."""
    st.fragment(_show_run, run_every=REFRESH_SECONDS[phase])(phase)


def _show_run(phase: current_run.Phase) -> None:
    run = current_run.current()
    if run is None or current_run.phase(run) != phase:
        st.rerun()
    _status(run)
    reader = current_run.reader()
    tables = reader.read(store())
    source = f"run {run.id}, version {reader.version}"
    draw(run.experiment, tables, source=source, guesses=guesses(run.experiment))
    if len(tables.accuracy):
        table_downloads(run.id, tables, partial(from_store, store(), run.id), key="run")


def _status(run: Run) -> None:
    if current_run.going(run):
        place = trainer().place(run.id)
        words = f"place {place} in the queue" if place else current_run.time_left(run)
        if run.stop_requested:
            words = "stopping"
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.progress(
            min(run.done_steps / max(run.total_steps, 1), 1.0),
            f"{run.done_steps} of {run.total_steps} optimiser steps, {words}",
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
        st.error(f"Run {run.id} failed: {reason}. What it had measured is shown.")
    elif run.status == "stopped":
        st.caption(f"Run {run.id} was stopped after {run.done_steps} of {run.total_steps} steps.")
    else:
        st.caption(f"Run {run.id} finished.")


def _before_the_first_press(experiment: Experiment, preset: Preset | None) -> None:
    """The recorded example where the settings are a preset's, else an empty plot."""
    recorded = examples.example(preset.name) if preset else None
    if preset and recorded:
        st.info(
            f"**Recorded example**, made with `{examples.command(preset.name)}`. "
            "Press Play to see it as if live, or Train to run it here.",
            icon=":material/history:",
        )
        tables = of_results(recorded)
        draw(recorded.experiment, tables, source=f"example {preset.name}", recorded=True)
        table_downloads(recorded.run, tables, lambda: recorded, key="example")
    else:
        nothing = of_results(Results("", experiment, {}, {}))
        draw(experiment, nothing, source=str(experiment), guesses=guesses(experiment))
    st.divider()
    reproduce(experiment)


page()
