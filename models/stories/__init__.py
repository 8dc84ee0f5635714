"""The stories of the Gradient flow page. A new one is a file beside these and a line in STORIES.

Imports analysis, experiment, cells and tasks.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories import (
    additive_path,
    clipping,
    early_steps,
    every_step,
    longer_is_worse,
    normalisation,
    spectral_radius,
    tanh_against_relu,
    truncation,
)
from models.stories.story import Story

STORIES: dict[str, Story] = {
    module.STORY.name: module.STORY
    for module in (
        longer_is_worse,
        tanh_against_relu,
        spectral_radius,
        clipping,
        normalisation,
        additive_path,
        early_steps,
        every_step,
        truncation,
    )
}
"""The stories by name, in the order in which the page shows them."""


@dataclass(frozen=True)
class StoryVariant:
    """A story in one of its variants, each of which has a preset."""

    story: Story
    """The story."""
    preset: Preset
    """The variant, one of the story's presets."""


def story_variant(experiment: Experiment) -> StoryVariant | None:
    """The story variant with exactly these settings, if any."""
    for story in STORIES.values():
        for preset in story.presets:
            if preset.experiment == experiment:
                return StoryVariant(story, preset)
    return None


def story_presets() -> dict[str, Preset]:
    """The presets of all stories, by name."""
    return {preset.name: preset for story in STORIES.values() for preset in story.presets}
