"""The Gradient flow page: why networks forget, before training and during it."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.downloads import recorded_downloads, reproduce, run_downloads
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.sections import during_training, flow_view
from dashboard.sections.at_initialisation import answers
from dashboard.sections.at_initialisation import view as at_initialisation
from dashboard.sections.during_training import FlowSource
from dashboard.sections.flow_view import VIEWS, FlowView, view_of_address
from dashboard.sections.live_run import follow, other_settings, start_row
from dashboard.sections.stories import (
    follow_story,
    show_story,
    show_verdict,
    story_address,
    story_buttons,
    usual_view,
)
from dashboard.session import current_run, recorded_examples
from dashboard.session.run_tables import empty, from_results
from dashboard.session.session_state import FLOW_RUN, FLOW_VIEW
from dashboard.sidebar import controls
from dashboard.sidebar.address import refusal
from models.exchange.files import Results
from models.experiment import Experiment
from models.store.run import Run
from models.stories import STORIES, StoryVariant, story_variant

PARAMETERS = ("story", "story_step", *flow_view.PARAMETERS)
"""The page's own parameters of the address."""


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("Why does a network forget? Follow the gradient back through time", anchor=False)
    arrived = current_run.follow_address()
    of_story = arrived and current_run.current() is None and follow_story()
    settings = controls.settings(arrived=arrived and not of_story, others=PARAMETERS)
    experiment = settings.experiment
    variant = story_variant(experiment) if experiment else None
    run = current_run.current()
    messages = [*settings.messages, *_choose_view(experiment, variant, run, arrived=arrived)]
    _keep_address(experiment, variant, run)
    with start_row(settings, run):  # first, so that the keyboard soon comes to it
        pass
    story_buttons(variant.story if variant else None)
    for message in messages:
        st.warning(message, icon=":material/link_off:")
    verdict = show_story(variant) if variant else None
    view = st.segmented_control(
        "View",
        list(VIEWS.values()),
        required=True,
        key=FLOW_VIEW.name,
        label_visibility="collapsed",
        persist_state="session",
    )
    at_first = view == VIEWS["initialisation"]
    if at_first and experiment:
        _at_initialisation(experiment, variant, verdict)
    elif not at_first and run:
        shown, home = st.container(), st.container()
        with shown:
            other_settings(run, experiment)
        with home:  # first, so that no button of another run stays while figures are made
            run_downloads(run, key="flow")
        with shown:
            follow(run, partial(_show_run, verdict))
    elif not at_first and experiment:
        _before_the_first_press(experiment, variant, verdict)
    if experiment:
        st.divider()
        reproduce(run.experiment if run and not at_first else experiment)
    scheduler()


def _choose_view(
    experiment: Experiment | None, variant: StoryVariant | None, run: Run | None, *, arrived: bool
) -> list[str]:
    """Sets the page to the view that the address asks for where the visitor has just come to it.

    A run that has come on show is shown during training. Returns what to say of the address.
    """
    messages: list[str] = []
    if arrived and experiment:
        found, messages = view_of_address(usual_view(variant, experiment), experiment)
        found.show()
        if (story := st.query_params.get("story")) not in (None, *STORIES):
            messages.append(refusal("story", [str(story)], "no story"))
    if run and FLOW_RUN.get() != run.id:
        FLOW_RUN.set(run.id)
        FLOW_VIEW.set(VIEWS["training"])
    FLOW_VIEW.set(FLOW_VIEW.get(VIEWS["initialisation"]))
    return messages


def _keep_address(
    experiment: Experiment | None, variant: StoryVariant | None, run: Run | None
) -> None:
    """Makes the address that of what is shown: of a run just the run."""
    if run or experiment is None:
        controls.keep_address(run, experiment)
        return
    address = story_address(variant) if variant else controls.address_of(experiment)
    view = FlowView.current(experiment).parameters(usual_view(variant, experiment))
    current_run.keep_address({**address, **view})


def _at_initialisation(
    experiment: Experiment, variant: StoryVariant | None, verdict: DeltaGenerator | None
) -> None:
    """Draws the gradient at initialisation, and the verdict on the story, if any.

    The verdict is from a trained run of the story, or else from the initialisation alone. What it
    states of the gradient at initialisation is made from the rows shown beneath it.
    """
    run = answers.trained(experiment)
    measured = at_initialisation.draw(experiment, run)
    if variant is None or measured is None:
        return
    if run and story_variant(run.experiment):
        experiment, tables = run.experiment, vars(run.tables)
    else:
        tables = vars(empty())
    later = tables["diagnostics"]
    later = later[later["step"] > 0]
    rows = [measured.diagnostics, later] if len(later) else [measured.diagnostics]
    tables = {**tables, "diagnostics": pd.concat(rows, ignore_index=True)}
    source = f"{run.key if run else ''} {experiment.at_initialisation()} {measured.measured}"
    recorded = run is not None and run.recorded
    show_verdict(verdict, source, experiment, tables, recorded=recorded)


def _show_run(verdict: DeltaGenerator | None, run: Run) -> None:
    reader = current_run.reader()
    tables = reader.read(store(), run.updated)
    name = f"flow of run {run.id}, version {reader.version}"
    profiles = partial(_profiles, run.id)
    during_training.draw(FlowSource(name, run.id, run.experiment, tables, profiles))
    if len(tables.accuracy):
        show_verdict(verdict, name, run.experiment, vars(tables))


def _profiles(run_id: str, length: int) -> pd.DataFrame:
    return store().profiles(run_id, length=length)


def _before_the_first_press(
    experiment: Experiment, variant: StoryVariant | None, verdict: DeltaGenerator | None
) -> None:
    """Draws the recorded run where the settings are a story's, else a hint."""
    recorded = recorded_examples.example(variant.preset.name) if variant else None
    if variant is None or recorded is None:
        st.info(
            "Press Train to see the gradient during training with these settings, or choose a "
            "story above for a recorded run.",
            icon=":material/play_circle:",
        )
        return
    st.caption(
        "**Recorded run.** Press Play to watch its training, or Train to run it here.",
        help=f"Made with `{recorded_examples.command(variant.preset.name)}`.",
    )
    tables = from_results(recorded)
    name = f"flow of example {variant.preset.name}"
    profiles = partial(_recorded_profiles, recorded)
    during_training.draw(FlowSource(name, name, experiment, tables, profiles))
    show_verdict(verdict, name, experiment, vars(tables), recorded=True)
    file = recorded_examples.path(variant.preset.name)
    recorded_downloads(recorded, file, tables, key="flow_example")


def _recorded_profiles(recorded: Results, length: int) -> pd.DataFrame:
    gradients = recorded.tables["gradients"]
    return gradients[gradients["length"] == length]


page()
