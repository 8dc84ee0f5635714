"""A lesson: a list of steps, each an address of the dashboard with one line of text.

An address is a path and a query of this dashboard: nothing in a lesson leads anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from models.settings.quoting import quoted

MAX_STEPS = 30
MAX_TEXT = 240
"""The most characters of a title or of a line of text."""
MAX_ADDRESS = 800
"""The most characters of an address."""
OWN_PARAMETERS = ("lesson", "step", "present")
"""Parameters of an address that say where in a lesson it is: a step's own address has none."""
ADDRESS = re.compile(r"/?(?P<page>[a-z_]*)(\?(?P<query>[^\s#\\]*))?")
EXAMPLE = "/gradient_flow?story=clipping"
"""An address as it may stand in a lesson."""


class LessonError(ValueError):
    """A lesson cannot be used. The message says why in one line.

    ``value`` is the text in the lesson's file that is at fault, empty where none is.
    """

    def __init__(self, message: str, value: str = "") -> None:
        super().__init__(message)
        self.value = value


@dataclass(frozen=True)
class LessonStep:
    """One step of a lesson."""

    address: str
    """The address of the dashboard that the step shows: a path and a query."""
    text: str
    """What to look at, in one line."""

    @property
    def page(self) -> str:
        """The name of the page, as in its address; empty for the first page."""
        match = ADDRESS.fullmatch(self.address)
        assert match
        return match["page"]

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The settings of the page: every parameter of the address with its values."""
        _, _, query = self.address.partition("?")
        given = parse_qs(query, keep_blank_values=True, max_num_fields=MAX_ADDRESS)
        return {name: values for name, values in given.items() if name not in OWN_PARAMETERS}


@dataclass(frozen=True)
class Lesson:
    """A lesson: its title and its steps."""

    title: str
    steps: tuple[LessonStep, ...]

    @classmethod
    def from_mapping(cls, values: Any) -> Lesson:
        """The lesson of a table with ``title`` and ``steps``. Raises LessonError."""
        table = _table(values, ("title", "steps"), "the lesson")
        steps = table["steps"]
        if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
            raise LessonError("the lesson has no steps: each begins with [[steps]]")
        if len(steps) > MAX_STEPS:
            raise LessonError(
                f"the lesson has {len(steps)} steps: at most {MAX_STEPS} are possible"
            )
        title = _text(table["title"], "the lesson's title", MAX_TEXT)
        return cls(title, tuple(_step(one, n) for n, one in enumerate(steps, start=1)))

    def as_mapping(self) -> dict[str, Any]:
        """The table of which ``from_mapping`` makes this lesson."""
        steps = [{"address": step.address, "text": step.text} for step in self.steps]
        return {"title": self.title, "steps": steps}


def _step(values: Any, number: int) -> LessonStep:
    step = f"step {number}"
    table = _table(values, ("address", "text"), step)
    text = _text(table["text"], f"the text of {step}", MAX_TEXT)
    address = _text(table["address"], f"the address of {step}", MAX_ADDRESS)
    if not ADDRESS.fullmatch(address):
        raise LessonError(
            f"the address of {step}, {quoted(address)}, is none of this dashboard: "
            f"write the part behind the host, such as {EXAMPLE}",
            address,
        )
    made = LessonStep(address, text)
    query = urlencode(made.parameters, doseq=True)
    return LessonStep(f"/{made.page}" + f"?{query}" * bool(query), text)


def _table(values: Any, names: Sequence[str], what: str) -> Mapping[str, Any]:
    """The table, which must have exactly these names."""
    if not isinstance(values, Mapping):
        raise LessonError(f"{what} is {quoted(values)}: it must be a table", _said(values))
    given = [_said(value) for value in values.values()]
    for name in values:
        if name not in names:
            known = " and ".join(names)
            raise LessonError(f"{what} has {quoted(name)}: it may have {known}", name)
    for name in names:
        if name not in values:
            raise LessonError(f"{what} has no {name}", next(filter(None, given), ""))
    return values


def _text(value: Any, what: str, most: int) -> str:
    if not isinstance(value, str):
        raise LessonError(f"{what} is {quoted(value)}: it must be a text in quotes", _said(value))
    text = " ".join(value.split())
    if not text:
        raise LessonError(f"{what} is empty")
    if len(text) > most:
        raise LessonError(f"{what} has {len(text)} characters: at most {most} are possible", value)
    return text


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""
