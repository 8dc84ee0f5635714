"""The stories of the Gradient flow page: buttons, texts, and conclusions from the numbers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.components.charts import cached
from dashboard.sections.at_initialisation.view import PATHS
from dashboard.session import current_run
from dashboard.session.session_state import FLOW_CELL, FLOW_VIEW, INITIAL_STATE
from dashboard.sidebar import controls
from models.experiment import Experiment
from models.stories import STORIES, StoryVariant, story_variant
from models.stories.story import Story

OPENS = {"initialisation": "At initialisation", "training": "During training"}
"""The view in which a story opens, as the page names it."""


def story_buttons(current: Story | None) -> None:
    """Draws a button for each story, which sets the sidebar and the view."""
    with st.container(horizontal=True, key="stories"):
        for story in STORIES.values():
            st.button(
                story.title,
                key=f"story_{story.name}",
                on_click=_open,
                args=(story, 0),
                help=story.statement,
                type="primary" if story is current else "secondary",
            )


def show_story(variant: StoryVariant) -> None:
    """Draws the statement of a story, its text and source, and a button for each variant."""
    story = variant.story
    with st.container(border=True):
        st.header(story.title, anchor=False)
        st.markdown(f"*{story.statement}*")
        st.markdown(story.text)
        st.caption(f"Source: {story.source}")
        if len(story.presets) > 1:
            row = st.container(horizontal=True)
            for place, preset in enumerate(story.presets):
                row.button(
                    preset.title,
                    key=f"variant_{story.name}_{place}",
                    on_click=_open,
                    args=(story, place),
                    type="primary" if preset is variant.preset else "secondary",
                    help=preset.lesson,
                )


def show_conclusion(
    source: str, experiment: Experiment, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Draws the conclusion of the story with this experiment, if any, from the run's tables."""
    variant = story_variant(experiment)
    if variant:
        text = cached(
            source, "conclusion", (), lambda: variant.story.conclusion(experiment, tables)
        )
        st.info(text, icon=":material/search:")


def _open(story: Story, place: int) -> None:
    current_run.leave()
    controls.show(story.presets[place].experiment)
    FLOW_VIEW.set(OPENS[story.opens])
    if story.cell:
        FLOW_CELL.set(story.cell)
    INITIAL_STATE.set(PATHS if story.both_paths else "h")
