"""What people write on a run: its name, notes and tags."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LONGEST_NAME = 120
LONGEST_NOTES = 10_000
LONGEST_TAG = 40
MOST_TAGS = 20


class LabelError(ValueError):
    """A name, notes or tags that are not kept; the message says why, and what to do."""


@dataclass(frozen=True)
class Labels:
    """The name, notes and tags of a run, any text. Raises LabelError where one is too long.

    Name and tags are one line each; a tag is there once. Characters that cannot be stored or shown
    are left out.
    """

    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        name, notes = _line(self.name), _printable(self.notes, keep="\n\t").strip()
        tags = tuple(dict.fromkeys(filter(None, map(_line, self.tags))))
        _check("name", name, LONGEST_NAME)
        _check("notes", notes, LONGEST_NOTES)
        for tag in tags:
            _check("tag", tag, LONGEST_TAG)
        if len(tags) > MOST_TAGS:
            raise LabelError(f"{len(tags)} tags are too many: give at most {MOST_TAGS}")
        for field, value in (("name", name), ("notes", notes), ("tags", tags)):
            object.__setattr__(self, field, value)

    @classmethod
    def from_mapping(cls, values: object) -> Labels:
        """The labels that ``as_mapping`` wrote. Raises LabelError where they are none."""
        if not isinstance(values, Mapping) or set(values) - {"name", "notes", "tags"}:
            raise LabelError("labels are a name, notes and tags")
        tags = values.get("tags", [])
        name, notes = values.get("name", ""), values.get("notes", "")
        if not isinstance(tags, Sequence) or isinstance(tags, str):
            raise LabelError("tags are a list of texts")
        if not all(isinstance(text, str) for text in (name, notes, *tags)):
            raise LabelError("name, notes and tags are texts")
        return cls(name, notes, tuple(tags))

    def as_mapping(self) -> dict[str, Any]:
        """The labels that are not empty, by name."""
        return {name: value for name, value in asdict(self).items() if value}

    def as_columns(self) -> dict[str, str]:
        """The labels as the table of runs has them."""
        return {"name": self.name, "notes": self.notes, "tags": json.dumps(self.tags)}


def read_labels(name: str, notes: str, tags: str) -> Labels:
    """The labels in columns of the table of runs."""
    return Labels(name, notes, tuple(json.loads(tags)))


def _line(text: str) -> str:
    return _printable(text).strip()


def _printable(text: str, keep: str = "") -> str:
    """The text as UTF-8 can have it, a blank for each control character that is not kept."""
    text = text.replace("\r\n", "\n").encode(errors="replace").decode()
    return "".join(
        " " if unicodedata.category(one) == "Cc" and one not in keep else one for one in text
    )


def _check(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise LabelError(f"this {what} has {len(text):,} characters: give at most {longest:,}")


NO_LABELS = Labels()
