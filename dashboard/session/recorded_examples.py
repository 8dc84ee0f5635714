"""Recorded example runs: one file for each preset, made by the command line."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from models.exchange.files import Results, read

FOLDER = Path(__file__).parents[1] / "examples"


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
