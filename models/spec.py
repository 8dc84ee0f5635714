"""Specs: a registered name with its options as one line of text, such as ``lstm:bias=chrono``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar


class SpecError(ValueError):
    """A spec text that names nothing known; the message says what would be right."""


@dataclass(frozen=True)
class Option:
    """One choice that a task or a cell offers."""

    name: str
    values: tuple[str, ...]
    default: str
    help: str


class Described(Protocol):
    """What a registry holds: a class with a name, a title for people, and options."""

    name: ClassVar[str]
    title: ClassVar[str]
    options: ClassVar[tuple[Option, ...]]


D = TypeVar("D", bound=Described)


def parse(kind: str, text: str, registry: Mapping[str, type[D]]) -> tuple[type[D], dict[str, str]]:
    """The registered class that ``text`` names and the value of every option it has.

    ``kind`` is the word for the error message ("task" or "cell"). Raises SpecError.
    """
    name, _, tail = text.strip().partition(":")
    if name not in registry:
        raise SpecError(f"unknown {kind} {name!r}: choose from {', '.join(registry)}")
    described = registry[name]
    offered = {option.name: option for option in described.options}
    chosen = {option.name: option.default for option in described.options}
    given: set[str] = set()
    for item in filter(None, (part.strip() for part in tail.split(","))):
        key, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals:
            raise SpecError(f"{kind} {text!r}: write options as name=value, not {item!r}")
        if key not in offered:
            known = ", ".join(offered) or "none"
            raise SpecError(f"{kind} {name!r} has no option {key!r} (its options: {known})")
        if key in given:
            raise SpecError(f"{kind} {text!r}: option {key!r} is given twice")
        if value not in offered[key].values:
            values = ", ".join(offered[key].values)
            raise SpecError(f"{kind} {name!r}: {key}={value} is not offered, choose from {values}")
        given.add(key)
        chosen[key] = value
    return described, chosen


def canonical(kind: str, text: str, registry: Mapping[str, type[D]]) -> str:
    """The shortest text of the same meaning: defaults left out, the rest sorted."""
    described, chosen = parse(kind, text, registry)
    defaults = {option.name: option.default for option in described.options}
    told = [f"{key}={chosen[key]}" for key in sorted(chosen) if chosen[key] != defaults[key]]
    return described.name + (":" + ",".join(told) if told else "")
