"""The Race page: accuracy against sequence length, during training."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.downloads import recorded_downloads, reproduce, run_downloads
from dashboard.components.guesses import clear_guesses, guess_controls, guesses
from dashboard.components.markdown import escape_markdown
from dashboard.components.task_legend import task_legend
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.sections.live_run import follow, start_button
from dashboard.sections.results import draw
from dashboard.session import current_run, recorded_examples
from dashboard.session.run_tables import from_results
from dashboard.session.session_state import UNKNOWN_RUN
from dashboard.sidebar import controls
from models.exchange.files import Results
from models.experiment import Experiment
from models.experiment.presets import PRESETS, Preset
from models.store.run import Run
from models.tasks import task_title


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("How far back can a recurrent network remember, and why does it forget?", anchor=False)
    if opened := current_run.opened_by_address():
        controls.show(opened.experiment)
    _presets()
    settings = controls.settings()
    for message in settings.messages:
        st.warning(message, icon=":material/link_off:")
    experiment = settings.experiment
    if unknown := UNKNOWN_RUN.get():
        st.warning(
            f"Run {escape_markdown(unknown)} is not in this store. "
            "The settings are as in the address."
        )
    run = current_run.current()
    preset = next((one for one in PRESETS.values() if one.experiment == experiment), None)
    if preset:
        st.caption(f"**{preset.title}** {preset.lesson}")
    start_button(settings, run, lambda: _guess(experiment) if experiment else None)
    if experiment:
        with st.expander(f"The task: {task_title(experiment.task)}"):
            task_legend(experiment)
    # With a run and without, in the same places: nothing of what stood there stays beside it.
    shown, home = st.container(), st.container()
    if run:
        with home:  # first, so that no button of another run stays while figures are made
            run_downloads(run, key="run")
        with shown:
            follow(run, _show_run)
    elif experiment:
        with shown:
            _before_the_first_press(experiment, preset, home)
    if shown_experiment := run.experiment if run else experiment:
        st.divider()
        reproduce(shown_experiment)
    scheduler()  # from the first visit on a warm process waits; it does not hold up the page


def _presets() -> None:
    with st.container(horizontal=True):
        for preset in PRESETS.values():
            st.button(
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


def _guess(experiment: Experiment) -> None:
    with st.popover("Guess first"):
        st.write("Up to which sequence length will each cell remember?")
        guess_controls(experiment)


def _show_run(run: Run) -> None:
    reader = current_run.reader()
    tables = reader.read(store(), run.updated)
    measured = f"run {run.id}, version {reader.version}"
    source = measured if reader.version else _empty(run.experiment)
    draw(run.experiment, tables, source=source, guesses=guesses(run.experiment))


def _before_the_first_press(
    experiment: Experiment, preset: Preset | None, home: DeltaGenerator
) -> None:
    """Draws the recorded example where the settings are a preset's, else an empty plot.

    While the visitor guesses, the example is hidden: it would give the answer away.
    """
    recorded = recorded_examples.example(preset.name) if preset else None
    guessed = guesses(experiment)
    if preset and recorded and not guessed:
        st.info(
            f"**Recorded example**, made with `{recorded_examples.command(preset.name)}`. "
            "Press Play to see it as if live, or Train to run it here.",
            icon=":material/history:",
        )
        tables = from_results(recorded)
        draw(recorded.experiment, tables, source=f"example {preset.name}", recorded=True)
        with home:
            recorded_downloads(recorded, tables, key="example")
    else:
        if recorded:
            _offer_to_clear(experiment)
        nothing = from_results(Results("", experiment, {}, {}))
        draw(experiment, nothing, source=_empty(experiment), guesses=guessed)


def _empty(experiment: Experiment) -> str:
    """Names figures without any measurement, which many visitors share."""
    clipping = experiment.clip, experiment.clip_by
    options = experiment.task, experiment.cells, experiment.lengths, clipping
    return f"nothing of {options}"


def _offer_to_clear(experiment: Experiment) -> None:
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.info(
        "The recorded example is hidden while you guess. Press Train to see whether you are right, "
        "or clear the guesses to see the example again.",
        icon=":material/visibility_off:",
    )
    button.button(
        "Clear the guesses",
        key="clear_guesses",
        on_click=clear_guesses,
        args=(experiment,),
        width="stretch",
    )


page()
