"""The theme's accent is legible under white text and on the page, light and dark."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
BACKGROUNDS = {"light": "#ffffff", "dark": "#171614"}
"""Streamlit's own."""


def luminance(color: str) -> float:
    """Of #rrggbb, as WCAG defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_the_accent_is_legible(theme: str) -> None:
    accent = tomllib.loads(CONFIG.read_text())["theme"][theme]["primaryColor"]
    assert contrast(accent, "#ffffff") >= 4.5
    assert contrast(accent, BACKGROUNDS[theme]) >= 3
