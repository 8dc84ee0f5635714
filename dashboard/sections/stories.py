"""The stories of the Gradient flow page: a statement, its verdict, and steps to look at it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.charts import cached
from dashboard.sections.at_initialisation.view import PATHS
from dashboard.session import current_run
from dashboard.session.session_state import (
    FLOW_CELL,
    FLOW_LENGTH,
    FLOW_VIEW,
    INITIAL_LENGTH,
    INITIAL_STATE,
    STORY_MOVED,
    STORY_STEP,
)
from dashboard.sidebar import controls
from models.experiment import Experiment
from models.stories import STORIES, StoryVariant, story_variant
from models.stories.story import Story

VIEWS = {"initialisation": "At initialisation", "training": "During training"}
"""The views as the page names them."""
STATES = {"h": "h", "c": "c", "both": PATHS}
"""The states as the page names them."""


TO_THE_PICTURE = """
    const until = Date.now() + 10000;
    (function look() {
        const keys = ["initial_h", "initial_c", "heat_map_h"].map((key) => `.st-key-${key}`);
        const picture = document.querySelector(keys.join());
        if (picture?.querySelector(".main-svg")) picture.scrollIntoView();
        else if (Date.now() < until) setTimeout(look, 100);
    })();
"""
"""Scrolls to the first picture, once it is there."""


def story_buttons(current: Story | None) -> None:
    """Draws a button for each story, which sets the sidebar and the view."""
    with st.container(horizontal=True, key="stories"):
        for story in STORIES.values():
            st.button(
                story.title,
                key=f"story_{story.name}",
                on_click=_look,
                args=(story, 0),
                help=story.statement,
                type="primary" if story is current else "secondary",
            )


def show_story(variant: StoryVariant) -> DeltaGenerator:
    """Draws a story with its steps; returns the place of the verdict, under the statement."""
    story = variant.story
    with st.container(border=True, key="story", gap="xsmall"):
        st.header(story.statement, anchor=False)
        verdict = st.empty()
    place = _place(variant)
    with st.container(horizontal=True, vertical_alignment="center", key="story_step"):
        _step_button(":material/arrow_back:", story, place - 1, "Back")
        _step_button("Next", story, place + 1, "Next")
        text = f"**{place + 1} of {len(story.steps)}** · {story.steps[place].text}"
        st.markdown(text, width="stretch")
        with st.popover("Why"):
            st.markdown(story.text)
            st.caption(f"Source: {story.source}")
    if STORY_MOVED.take():
        st.html(f"<script>{TO_THE_PICTURE}</script>", unsafe_allow_javascript=True)
    return verdict


def show_verdict(
    place: DeltaGenerator | None,
    source: str,
    experiment: Experiment,
    tables: Mapping[str, pd.DataFrame],
    *,
    recorded: bool = False,
) -> None:
    """Draws what a run, or the recorded one, says of the statement of the story."""
    variant = story_variant(experiment)
    if variant and place:
        text = cached(
            source, "conclusion", (), lambda: variant.story.conclusion(experiment, tables)
        )
        place.info(f"{'**The recorded run.** ' * recorded}{text}", icon=":material/search:")


def _place(variant: StoryVariant) -> int:
    """The step that the page was set to, or else the first one with these settings."""
    story = variant.story
    with_these = [
        place
        for place, step in enumerate(story.steps)
        if story.presets[step.preset] == variant.preset
    ]
    place = STORY_STEP.get(0)
    return place if place in with_these else with_these[0]


def _step_button(label: str, story: Story, place: int, name: str) -> None:
    st.button(
        label,
        key=f"story_{name.lower()}",
        on_click=_go_on,
        args=(story, place),
        disabled=not 0 <= place < len(story.steps),
        help=None if label == name else name,
    )


def _go_on(story: Story, place: int) -> None:
    _look(story, place)
    STORY_MOVED.set(True)


def _look(story: Story, place: int) -> None:
    """Sets the page to a step of the story; a run of the visitor's with its settings stays."""
    step = story.steps[place]
    experiment, run = story.presets[step.preset].experiment, current_run.current()
    if run is None or run.experiment != experiment:
        current_run.leave()
    controls.show(experiment)
    STORY_STEP.set(place)
    FLOW_VIEW.set(VIEWS[step.view])
    FLOW_LENGTH.set(step.length)
    INITIAL_LENGTH.set(step.length)
    FLOW_CELL.set(step.cell or experiment.cells[0])
    INITIAL_STATE.set(STATES[step.states])
