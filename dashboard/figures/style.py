"""The style of each cell, as all figures import it, and translucent colours."""

from __future__ import annotations

from models.analysis.cell_style import CellStyle, cell_style, in_order

__all__ = ["CellStyle", "cell_style", "in_order", "translucent"]


def translucent(color: str, opacity: float) -> str:
    """A colour #rrggbb as rgba(r,g,b,opacity)."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
