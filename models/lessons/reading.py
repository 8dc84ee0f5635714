"""Lessons from files, in TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection
from typing import Any

from models.lessons.lesson import Lesson, LessonError
from models.settings.quoting import shortened
from models.settings.strict import json_value

MAX_BYTES = 50_000
"""The most bytes of a lesson's file."""


def read_lesson(name: str, content: bytes, pages: Collection[str] = ()) -> Lesson:
    """The lesson in a file of this name, which ends in .toml or .json.

    ``pages`` are the pages of the dashboard, by the name in their address; any is right where none
    is given. Raises LessonError, with the line of the file where one is known.
    """
    if len(content) > MAX_BYTES:
        raise LessonError(f"the file has {len(content)} bytes: at most {MAX_BYTES} are possible")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LessonError(f"line {line}: the file is not a text in UTF-8") from error
    values = _json(text) if name.lower().endswith(".json") else _toml(text)
    try:
        lesson = Lesson.from_mapping(values)
        check_pages(lesson, pages)
    except LessonError as error:
        raise LessonError(f"{_line_of(error.value, text)}{error}") from error
    return lesson


def check_pages(lesson: Lesson, pages: Collection[str]) -> None:
    """Raises LessonError where a step's page is not among these; any is right where none is."""
    for number, step in enumerate(lesson.steps, start=1):
        if pages and step.page not in pages:
            wrong, known = shortened(step.page), ", ".join(f"/{page}" for page in pages)
            message = f"step {number} shows /{wrong}, which is no page here: there are {known}"
            raise LessonError(message, step.page)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"not TOML: {error}") from error
    except RecursionError as error:
        raise LessonError("not TOML that can be read: it is nested too deeply") from error


def _json(text: str) -> Any:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise LessonError(f"not JSON: line {error.lineno}: {error.msg}") from error
    except (ValueError, RecursionError):
        pass  # said better by the strict reader
    try:
        return json_value(text)
    except ValueError as error:
        raise LessonError(str(error)) from error


def _line_of(value: str, text: str) -> str:
    """The first line that has the text at fault, as the beginning of a message; empty if none."""
    for number, line in enumerate(text.splitlines(), start=1):
        if value and value in line:
            return f"line {number}: "
    return ""
