"""The style of each cell, as all figures import it, and translucent colours."""

from __future__ import annotations

from models.analysis.cell_style import CellStyle, cell_style, in_order

__all__ = ["CellStyle", "behind_white", "cell_style", "in_order", "translucent"]

CONTRAST = 4.5
"""Least contrast of text and what is behind it (WCAG 2, AA)."""


def translucent(color: str, opacity: float) -> str:
    """A colour #rrggbb as rgba(r,g,b,opacity)."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def behind_white(color: str) -> str:
    """A colour #rrggbb, as much darker as white text on it needs to be read."""
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    while 1.05 / (_luminance(channels) + 0.05) < CONTRAST:
        channels = [int(0.98 * channel) for channel in channels]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _luminance(channels: list[int]) -> float:
    """The relative luminance of WCAG 2, from 0 to 1."""
    shares = [channel / 255 for channel in channels]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
