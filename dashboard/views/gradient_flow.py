"""Gradient flow: why they forget, before training and during it."""

from __future__ import annotations

from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st

from dashboard import birth_view, controls, current_run, examples, training_view
from dashboard.downloads import reproduce, table_downloads
from dashboard.live_run import follow, start_button
from dashboard.measured import of_results
from dashboard.services import store, trainer
from dashboard.stories import show_story, story_buttons, told
from dashboard.training_view import Source
from models.experiment import Experiment
from models.results.files import Results, from_store
from models.results.store import Run
from models.stories import Telling, telling_of

View = Literal["At birth", "During training"]
VIEWS: tuple[View, ...] = ("At birth", "During training")


def page() -> None:
    """The page, from top to bottom."""
    st.subheader("Why does it forget? Follow the gradient back through time")
    if opened := current_run.opened_by_address():
        controls.show(opened.experiment)
    story_buttons()
    settings = controls.settings()
    for message in settings.messages:
        st.warning(message, icon=":material/link_off:")
    experiment = settings.experiment
    telling = telling_of(experiment) if experiment else None
    if telling:
        show_story(telling)
    run = current_run.current()
    start_button(settings, run, lambda: None)
    view = st.segmented_control(
        "View",
        VIEWS,
        default="At birth",
        required=True,
        key="flow_view",
        label_visibility="collapsed",
    )
    if view == "At birth":
        if experiment:
            birth_view.draw(experiment)
    elif run:
        follow(run, _show_run)
    elif experiment:
        _before_the_first_press(experiment, telling)
    if experiment:
        st.divider()
        reproduce(run.experiment if run and view != "At birth" else experiment)
    trainer()


def _show_run(run: Run) -> None:
    reader = current_run.reader()
    tables = reader.read(store())
    name = f"flow of run {run.id}, version {reader.version}"
    profiles = partial(_profiles, run.id)
    training_view.draw(Source(name, run.experiment, tables, profiles))
    if len(tables.accuracy):
        told(name, run.experiment, tables)
        table_downloads(run.id, tables, partial(from_store, store(), run.id), key="flow")


def _profiles(run: str, length: int) -> pd.DataFrame:
    return store().profiles(run, length=length)


def _before_the_first_press(experiment: Experiment, telling: Telling | None) -> None:
    """The recorded run where the settings are a story's."""
    recorded = examples.example(telling.preset.name) if telling else None
    if telling is None or recorded is None:
        st.info(
            "Press Train to watch the gradient of these settings, or a story above for a "
            "recorded run.",
            icon=":material/play_circle:",
        )
        return
    name = telling.preset.name
    st.info(
        f"**Recorded run**, made with `{examples.command(name)}`. Press Train to run it here.",
        icon=":material/history:",
    )
    tables = of_results(recorded)
    source = Source(
        f"flow of example {name}", experiment, tables, partial(_recorded_profiles, recorded)
    )
    training_view.draw(source)
    told(source.name, experiment, tables)
    table_downloads(recorded.run, tables, lambda: recorded, key="flow_example")


def _recorded_profiles(recorded: Results, length: int) -> pd.DataFrame:
    gradients = recorded.tables["gradients"]
    return gradients[gradients["length"] == length]


page()
