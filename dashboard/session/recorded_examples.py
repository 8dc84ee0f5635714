"""Recorded example runs: one file for each preset, made by the command line."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from models.exchange.files import Results, read
from models.experiment import Experiment
from models.experiment.presets import PRESETS, Preset
from models.stories import story_presets

FOLDER = Path(__file__).parents[1] / "examples"
ALL_PRESETS = {**PRESETS, **story_presets()}
"""The presets of the Race page and of the stories, by name: each may have an example."""


def preset_of(experiment: Experiment) -> Preset | None:
    """The preset with exactly these settings, if any."""
    return next((one for one in ALL_PRESETS.values() if one.experiment == experiment), None)


def path(preset: str) -> Path:
    """The file of a preset's example, which need not exist."""
    return FOLDER / f"{preset}.zip"


def command(preset: str) -> str:
    """The command that makes a preset's example."""
    return f"python -m models train --preset {preset} --out dashboard/examples/{preset}.zip"


@st.cache_resource(show_spinner=False, max_entries=2)
def example(preset: str) -> Results | None:
    """The recorded run of a preset, where there is one."""
    return read(path(preset)) if path(preset).exists() else None
