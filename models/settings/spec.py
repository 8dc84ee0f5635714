"""Specs: a registered name with its options as one line of text, such as ``lstm:bias=chrono``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

from models.settings import numerals
from models.settings.quoting import quoted, shortened


class SpecError(ValueError):
    """A spec text that names nothing known; the message says what would be right."""


@dataclass(frozen=True)
class Option:
    """One choice that a task or a cell offers."""

    name: str
    values: tuple[str, ...]
    """All there are; of a number, those worth suggesting."""
    default: str
    help: str
    bounds: tuple[float, float] | None = None
    """Of a number: the smallest and the largest."""
    in_old_results: str | None = None
    """The value that results were made with which do not name the option; None: the default.

    Such an option is written into every spec, at its default too: a result says by itself what it
    was made with, also after the default has changed.
    """

    def read(self, text: str) -> str:
        """The value in its one way of writing. Raises SpecError where it is not offered."""
        if self.bounds is None:
            if text not in self.values:
                raise SpecError(f"is not offered, choose from {', '.join(self.values)}")
            return text
        low, high = self.bounds
        try:
            number = numerals.number(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise SpecError(f"is not offered, give a number from {low:g} to {high:g}")
        return f"{number + 0:g}"  # -0 is 0

    def offers(self) -> str:
        """What may be given, in words."""
        if self.bounds is None:
            return "|".join(self.values)
        return "{:g}…{:g}".format(*self.bounds)


class Described(Protocol):
    """What a registry holds: a class with a name, a title for people, and options."""

    name: ClassVar[str]
    title: ClassVar[str]
    options: ClassVar[tuple[Option, ...]]

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where options do not go together."""


D = TypeVar("D", bound=Described)


def parse(
    kind: str, text: object, registry: Mapping[str, type[D]]
) -> tuple[type[D], dict[str, str]]:
    """The registered class that ``text`` names and the value of every option it has.

    ``kind`` is the word for the error message ("task" or "cell"). Raises SpecError.
    """
    if not isinstance(text, str):
        example = next(iter(registry))
        raise SpecError(f"{kind} is {quoted(text)}: expected a text, such as {example}")
    name, _, tail = text.strip().partition(":")
    if name not in registry:
        raise SpecError(f"unknown {kind} {quoted(name)}: choose from {', '.join(registry)}")
    described = registry[name]
    offered = {option.name: option for option in described.options}
    chosen = {option.name: option.default for option in described.options}
    given: set[str] = set()
    for item in filter(None, (part.strip() for part in tail.split(","))):
        key, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals:
            raise SpecError(
                f"{kind} {quoted(text)}: write options as name=value, not {quoted(item)}"
            )
        if key not in offered:
            known = ", ".join(offered) or "none"
            raise SpecError(f"{kind} {name!r} has no option {quoted(key)} (its options: {known})")
        if key in given:
            raise SpecError(f"{kind} {quoted(text)}: option {key!r} is given twice")
        try:
            chosen[key] = offered[key].read(value)
        except SpecError as error:
            raise SpecError(f"{kind} {name!r}: {key}={shortened(value)} {error}") from error
        given.add(key)
    try:
        described.check(chosen)
    except SpecError as error:
        raise SpecError(f"{kind} {quoted(text)}: {error}") from error
    return described, chosen


def canonical(kind: str, text: object, registry: Mapping[str, type[D]]) -> str:
    """The shortest text of the same meaning: defaults left out, the rest sorted.

    Options that old results do not name are written always.
    """
    described, chosen = parse(kind, text, registry)
    written = [
        f"{option.name}={chosen[option.name]}"
        for option in sorted(described.options, key=lambda option: option.name)
        if chosen[option.name] != option.default or option.in_old_results is not None
    ]
    return described.name + (":" + ",".join(written) if written else "")


def of_results(kind: str, text: str, registry: Mapping[str, type[D]]) -> str:
    """The spec text that results hold, with the options that they are too old to name.

    A text that is no spec is returned as it is.
    """
    name, _, tail = text.strip().partition(":")
    named = {item.partition("=")[0].strip() for item in tail.split(",")}
    missing = [
        f"{option.name}={option.in_old_results}"
        for option in (registry[name].options if name in registry else ())
        if option.in_old_results is not None and option.name not in named
    ]
    if not missing:
        return text
    try:
        return canonical(kind, f"{name}:{','.join((tail, *missing))}", registry)
    except SpecError:
        return text
