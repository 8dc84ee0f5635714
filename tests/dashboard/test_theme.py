"""The theme's accent is legible under white text and on the page, light and dark."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.dashboard.figures.drawn import contrast

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
BACKGROUNDS = {"light": "#ffffff", "dark": "#171614"}
"""Streamlit's own backgrounds."""


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_the_accent_is_legible(theme: str) -> None:
    accent = tomllib.loads(CONFIG.read_text())["theme"][theme]["primaryColor"]
    assert contrast(accent, "#ffffff") >= 4.5
    assert contrast(accent, BACKGROUNDS[theme]) >= 3
