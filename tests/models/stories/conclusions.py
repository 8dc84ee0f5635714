"""What the stories conclude from tables, proofread."""

from __future__ import annotations

import re

import pandas as pd

from models.experiment import Experiment
from models.stories import STORIES, story_presets
from models.stories.story import Story
from tests.models.tables import empty

SEVERAL_OF_ONE = re.compile(r"(?<![\d.,])1 (steps|seeds|models|orders|lengths)\b")


def proofread(text: str) -> str:
    """The text, if it is made of whole sentences of words and numbers."""
    assert text.endswith("."), text
    assert not re.search(r"\b(nan|inf|None)\b", text), text
    assert not re.search(r"  | [.,:;]|[.,]{2}|\.(?=[A-Z])|\(\)", text), text
    assert not SEVERAL_OF_ONE.search(text), text
    sentences = text[:-1].split(". ")
    # What "It" is, another sentence says: such a one may come twice.
    whole = [sentence for sentence in sentences if not sentence.startswith("It ")]
    assert len(set(whole)) == len(whole), text
    for sentence in sentences:
        assert re.match("[A-Z0-9]", sentence), sentence
    return text


def story_of(preset: str) -> Story:
    """The story that has a preset of this name among its variants."""
    (story,) = (one for one in STORIES.values() if preset in {own.name for own in one.presets})
    return story


def conclude(preset: str, experiment: Experiment | None = None, **tables: pd.DataFrame) -> str:
    """What a preset's story concludes from a run of its experiment, or of a variation of that.

    Tables that are not given are empty.
    """
    experiment = experiment or story_presets()[preset].experiment
    return proofread(story_of(preset).shown(experiment, {**empty(), **tables}))
