"""Hover texts write numbers as the sentences of the page do."""

from __future__ import annotations

from collections.abc import Iterable

from models.analysis.words import number

VALUE = "%{customdata}"
"""Stands in a hover template for the value of a trace that has ``written`` as its customdata."""


def written(values: Iterable[float | None]) -> list[str]:
    """The values as text for a trace's customdata: "0.062", "4.1 · 10⁻⁷"; a gap is empty."""
    return ["" if value is None else number(value) for value in values]
