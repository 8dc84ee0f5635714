"""Specs: a registered name with its options as one line of text, such as ``lstm:bias=chrono``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeVar

from models.settings import strict
from models.settings.quoting import quoted, shortened

CLEAR = "{}"
"""The phrase of an option whose values are clear without its title."""


class SpecError(ValueError):
    """A text that is no spec of what is registered; the message says what would be right."""


@dataclass(frozen=True)
class Option:
    """A choice that a task or a cell offers."""

    name: str
    values: tuple[str, ...]
    """All values there are; where the value is a number, those worth suggesting."""
    default: str
    help: str
    """What the option does, in words."""
    bounds: tuple[float, float] | None = None
    """The smallest and the largest value, where it is a number."""
    in_old_results: str | None = None
    """The value that results were made with which do not name the option; None is the default.

    Such an option is written into every spec, at its default too: a result says by itself what it
    was made with, also after the default has changed.
    """
    title: str = ""
    """Its name for people; where empty, the name in specs."""
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """How people write a value, where not as specs do."""
    phrase: str = ""
    """A value in the name of a cell or task, as in "{} symbols"; where empty, with the title."""

    def read(self, text: str) -> str:
        """Returns the value as it is always written. Raises SpecError where it is not offered."""
        if self.bounds is None:
            if text not in self.values:
                raise SpecError(f"is not offered, choose from {', '.join(self.values)}")
            return text
        low, high = self.bounds
        try:
            number = strict.number(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise SpecError(f"is not offered, give a number from {low:g} to {high:g}")
        return f"{number + 0:g}"  # -0 is 0

    @property
    def label(self) -> str:
        """Its name for people, above a control."""
        return self.title or self.name.capitalize()

    def in_words(self, value: str) -> str:
        """Returns a value as people write it, such as "PyTorch"."""
        return self.words.get(value, value)

    def in_name(self, value: str) -> str:
        """Returns a value as it stands in the name of a cell or task: "chrono bias", "gain 1.5"."""
        title, words = self.title or self.name, self.in_words(value)
        number = words.replace(".", "", 1).isdigit()
        return (self.phrase or (f"{title} {{}}" if number else f"{{}} {title}")).format(words)

    def offers(self) -> str:
        """Returns what may be given, such as ``1|0|chrono`` or ``0.1…3``."""
        if self.bounds is None:
            return "|".join(self.values)
        return "{:g}…{:g}".format(*self.bounds)


class Registered(Protocol):
    """A class in a registry: a task or a cell."""

    name: ClassVar[str]
    """Its name in specs."""
    title: ClassVar[str]
    """Its name for people."""
    options: ClassVar[tuple[Option, ...]]
    """The options that ``__init__`` takes, as keywords with text values."""

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where the chosen options do not go together."""


R = TypeVar("R", bound=Registered)


def parse(
    kind: str, text: object, registry: Mapping[str, type[R]]
) -> tuple[type[R], dict[str, str]]:
    """Returns the registered class that ``text`` names, and the value of every option it has.

    ``kind`` is the word for the error message ("task" or "cell"). Raises SpecError.
    """
    if not isinstance(text, str):
        example = next(iter(registry))
        raise SpecError(f"{kind} is {quoted(text)}: expected a text, such as {example}")
    name, _, tail = text.strip().partition(":")
    if name not in registry:
        raise SpecError(f"unknown {kind} {quoted(name)}: choose from {', '.join(registry)}")
    registered = registry[name]
    offered = {option.name: option for option in registered.options}
    given: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in tail.split(","))):
        key, equals, value = (side.strip() for side in item.partition("="))
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
            given[key] = offered[key].read(value)
        except SpecError as error:
            raise SpecError(f"{kind} {name!r}: {key}={shortened(value)} {error}") from error
    chosen = {option.name: given.get(option.name, option.default) for option in registered.options}
    try:
        registered.check(chosen)
    except SpecError as error:
        raise SpecError(f"{kind} {quoted(text)}: {error}") from error
    return registered, chosen


def in_words(kind: str, text: object, registry: Mapping[str, type[R]]) -> tuple[str, list[str]]:
    """Returns the title of what ``text`` names, and the options that are not at their defaults.

    Those that are clear without their title come first. Raises SpecError.
    """
    registered, chosen = parse(kind, text, registry)
    changed = [option for option in registered.options if chosen[option.name] != option.default]
    changed.sort(key=lambda option: option.phrase != CLEAR)
    return registered.title, [option.in_name(chosen[option.name]) for option in changed]


def canonical(kind: str, text: object, registry: Mapping[str, type[R]]) -> str:
    """Returns the shortest text of the same meaning: defaults left out, the rest sorted.

    Options with a value ``in_old_results`` are always written. Raises SpecError.
    """
    registered, chosen = parse(kind, text, registry)
    written = [
        f"{option.name}={chosen[option.name]}"
        for option in sorted(registered.options, key=lambda option: option.name)
        if chosen[option.name] != option.default or option.in_old_results is not None
    ]
    return registered.name + (":" + ",".join(written) if written else "")


def from_results(kind: str, text: str, registry: Mapping[str, type[R]]) -> str:
    """Returns a spec text found in results, with the options that they are too old to name.

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
