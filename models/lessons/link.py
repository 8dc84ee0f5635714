"""A lesson as one parameter of an address: whoever has the link has the lesson."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib

from models.lessons.lesson import Lesson, LessonError
from models.settings.strict import json_value

BEGINNING = "own."
"""What such a parameter begins with; the name of a lesson that comes with the project does not."""
MAX_CHARACTERS = 2_300
"""The most characters of the parameter: with it, an address still fits into a QR code."""
MAX_UNPACKED = 50_000
"""The most bytes that a parameter may unpack to."""
CHARACTERS = re.compile(r"[A-Za-z0-9_-]+")


def as_parameter(lesson: Lesson) -> str:
    """The parameter that holds the lesson. Raises LessonError where it is too long for one."""
    text = json.dumps(lesson.as_mapping(), ensure_ascii=False, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(packed) > MAX_CHARACTERS:
        raise LessonError(
            f"the lesson is too long for an address: {len(packed)} characters when packed, at most "
            f"{MAX_CHARACTERS} are possible. Shorten its texts, or make two lessons of it"
        )
    return BEGINNING + packed


def from_parameter(parameter: str) -> Lesson:
    """The lesson in such a parameter. Raises LessonError where there is none."""
    packed = parameter.removeprefix(BEGINNING)
    if len(packed) > MAX_CHARACTERS or not CHARACTERS.fullmatch(packed):
        raise LessonError("the link to the lesson is damaged or too long")
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(
            base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MAX_UNPACKED
        )
        if not unpacking.eof:
            raise ValueError("cut off, or too long")
        return Lesson.from_mapping(json_value(text))
    except LessonError:
        raise
    except (binascii.Error, zlib.error, ValueError) as error:
        raise LessonError("the link to the lesson is damaged or cut off") from error
