"""Stories: their presets, and that they conclude in whole sentences from any run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from itertools import combinations, pairwise
from typing import Any

import pandas as pd
import pytest

from models.experiment import Experiment
from models.experiment.presets import PRESETS, Preset
from models.service.questions import ask
from models.stories import STORIES, story_presets, story_variant
from models.stories.story import Story
from models.training.train import train
from tests.models.stories.conclusions import conclude, proofread
from tests.models.tables import empty, tables_of

ALL = [pytest.param(preset, id=name) for name, preset in story_presets().items()]


def tiny(experiment: Experiment) -> Experiment:
    """The experiment with few and small models that train for four steps."""
    small = {"lengths": (10, 12), "seeds": 1, "steps": 4, "evaluate_every": 4}
    size = {"hidden_size": 4, "batch_size": 4, "held_out": 8, "device": "cpu"}
    return Experiment.from_mapping({**asdict(experiment), **small, **size})


@cache
def trained(experiment: Experiment) -> Mapping[str, pd.DataFrame]:
    """The tables of a run by name."""
    return tables_of(train(experiment))


# What every story has.


def test_names_are_unique_and_lead_to_the_story() -> None:
    presets = [preset for story in STORIES.values() for preset in story.presets]
    names = [preset.name for preset in presets]
    assert len(set(names)) == len(names) == len(story_presets())
    assert not set(names) & set(PRESETS)
    assert all(name == story.name for name, story in STORIES.items())
    assert len({story.title for story in STORIES.values()}) == len(STORIES)


def test_no_two_presets_are_the_same_experiment() -> None:
    for one, other in combinations([*story_presets().values(), *PRESETS.values()], 2):
        assert one.experiment != other.experiment, f"{one.name} is {other.name}"


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_steps_show_what_there_is_and_every_variant(story: Story) -> None:
    assert len(story.steps) == 3
    for step in story.steps:
        experiment = story.presets[step.preset].experiment
        assert step.length in experiment.lengths
        assert not step.cell or step.cell in experiment.cells
        assert step.states == "h" or any(cell.startswith("lstm") for cell in experiment.cells)
    looks = [replace(step, text="") for step in story.steps]
    assert all(one != other for one, other in pairwise(looks))  # each moves the picture
    assert {step.preset for step in story.steps} == set(range(len(story.presets)))


@pytest.mark.parametrize("preset", ALL)
def test_settings_lead_back_to_the_story_and_its_variant(preset: Preset) -> None:
    as_in_the_address = Experiment.from_json(preset.experiment.to_json())
    variant = story_variant(as_in_the_address)
    assert variant is not None
    assert variant.preset is preset
    assert preset in variant.story.presets


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_other_settings_belong_to_no_story(preset: Preset) -> None:
    assert story_variant(preset.experiment) is None


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_the_text_has_a_few_sentences_and_a_source(story: Story) -> None:
    sentences = re.split(r"(?<=[.?!]) (?=[A-Zσ])", proofread(story.text.replace("et al. ", "")))
    assert 3 <= len(sentences) <= 7, sentences
    proofread(story.statement)
    assert re.search(r"\d{4}", story.source)
    assert len({preset.title for preset in story.presets}) == len(story.presets)
    for preset in story.presets:
        proofread(preset.lesson)


# What they say of real numbers, few as they are.


@pytest.mark.parametrize("preset", ALL)
def test_initialisation_alone_is_described_in_whole_sentences(preset: Preset) -> None:
    small = tiny(preset.experiment)
    answer: Any = ask("at_initialisation", {"experiment": asdict(small)})
    diagnostics = pd.DataFrame(answer["diagnostics"]).assign(step=0, learning_rate=0.0)
    text = conclude(preset.name, small, diagnostics=diagnostics)
    assert "After" not in text


@pytest.mark.parametrize("preset", ALL)
def test_a_trained_run_is_described_in_whole_sentences(preset: Preset) -> None:
    small = tiny(preset.experiment)
    conclude(preset.name, small, **trained(small))


@pytest.mark.parametrize("preset", ALL)
def test_a_run_in_which_only_one_cell_has_trained_is_described_too(preset: Preset) -> None:
    small = tiny(preset.experiment)
    behind = small.cells[1:]
    tables = {
        name: frame[~frame["cell"].isin(behind) | (frame["step"] == 0)]
        for name, frame in trained(small).items()
    }
    conclude(preset.name, small, **tables)
    without = {name: frame[~frame["cell"].isin(behind)] for name, frame in tables.items()}
    conclude(preset.name, small, **without)
    unfinished = {name: frame[frame["step"] <= 2] for name, frame in trained(small).items()}
    text = conclude(preset.name, small, **unfinished)
    assert "After 4 steps" not in text


@pytest.mark.parametrize("preset", ALL)
def test_a_run_without_diagnostics_is_described_too(preset: Preset) -> None:
    small = tiny(preset.experiment)
    tables = {**trained(small), "diagnostics": empty()["diagnostics"]}
    conclude(preset.name, small, **tables)
