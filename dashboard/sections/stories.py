"""The stories of the Gradient flow page: a statement, its verdict, and steps to look at it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.charts import cached
from dashboard.sections.flow_view import FlowView
from dashboard.session import current_run
from dashboard.session.session_state import ADDRESS_MESSAGES, STORY_MOVED, STORY_STEP
from dashboard.sidebar import controls
from dashboard.sidebar.address import refusal
from models.experiment import Experiment
from models.stories import STORIES, StoryVariant, story_variant
from models.stories.story import Story

TO_THE_PICTURE = """{
    const until = Date.now() + 10000;
    (function look() {
        const keys = ["initial_h", "initial_c", "heat_map_h"].map((key) => `.st-key-${key}`);
        const picture = document.querySelector(keys.join());
        if (picture?.querySelector(".main-svg")) picture.scrollIntoView();
        else if (Date.now() < until) setTimeout(look, 100);
    })();
}"""
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
        text = cached(source, "conclusion", (), lambda: variant.story.shown(experiment, tables))
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
    FlowView.of_step(step, experiment).show()


def follow_story() -> bool:
    """Sets the page to the story of the address, before the sidebar is drawn; whether it has one.

    A step that the story does not have gives way to the first one, which is reported.
    """
    story = STORIES.get(st.query_params.get("story", ""))
    if story is None:
        return False
    given = st.query_params.get("story_step", "1")
    numbers = [str(number) for number in range(1, len(story.steps) + 1)]
    _look(story, numbers.index(given) if given in numbers else 0)
    if given not in numbers:
        ADDRESS_MESSAGES.set([refusal("story_step", [given], "1")])
    return True


def story_address(variant: StoryVariant) -> dict[str, str]:
    """The parameters of the address that open the story at its present step."""
    return {"story": variant.story.name, "story_step": str(_place(variant) + 1)}


def usual_view(variant: StoryVariant | None, experiment: Experiment) -> FlowView:
    """What the page shows where the visitor has not turned to anything else."""
    if variant is None:
        return FlowView.usual(experiment)
    return FlowView.of_step(variant.story.steps[_place(variant)], experiment)
