"""Lessons: steps through the dashboard, each an address with a line of text.

A new lesson is a file beside these and a name in NAMES. Imports settings.
"""

from __future__ import annotations

from pathlib import Path

from models.lessons.lesson import Lesson, LessonError, LessonStep
from models.lessons.reading import read_lesson

NAMES = ("forgetting", "gates", "long_sequences")
"""The lessons that come with the project, in the order in which the page shows them."""


def file_of(name: str) -> Path:
    """The file of one of these lessons."""
    return Path(__file__).with_name(f"{name}.toml")


LESSONS: dict[str, Lesson] = {
    name: read_lesson(file.name, file.read_bytes()) for name in NAMES if (file := file_of(name))
}
"""The lessons that come with the project, by the name in their address."""

__all__ = ["LESSONS", "NAMES", "Lesson", "LessonError", "LessonStep", "file_of"]
