"""Settings: fields of a data class that carry their own description, bounds and choices.

All that people see of a setting is made from its field: the arguments of the command line, the
controls of the sidebar, the parameters of the address, the messages and a table in docs/.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from models.settings import numerals

T = TypeVar("T")

PARSE: dict[type, Callable[[str], Any]] = {int: numerals.whole, float: numerals.number, str: str}
"""How a value of each kind is read from text: raises ValueError."""


@dataclass(frozen=True)
class Setting:
    """What one setting is called, what it does, and what it may be."""

    label: str
    """Its name for people."""
    help: str
    """Complete sentences, the same on the pages, in the command line, in docs/."""
    bounds: tuple[float, float] | None = None
    """Of a number: the smallest and the largest; whole ones where it is a whole number."""
    choices: tuple[str, ...] = ()
    """Of a setting with named values: all there are."""
    suggestions: tuple[str, ...] = ()
    """Of a setting with several values: those worth offering."""
    step: float = 1
    """Of a number: how far one press of a button moves it."""
    at_initialisation: bool = False
    """Whether the models before their first training step, or the gradient there, depend on it."""
    name: str = ""
    default: Any = None

    @property
    def flag(self) -> str:
        """The argument of the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def several(self) -> bool:
        """Whether it has several values; none at all only where that is the default."""
        return isinstance(self.default, tuple)

    @property
    def kind(self) -> type:
        """The type of one value: int, float or str."""
        return str if self.bounds is None else type(self.bounds[0])

    def parse(self, text: str) -> Any:
        """One value from text, which may be out of bounds. Raises ValueError."""
        return PARSE[self.kind](text)

    def checked(self, value: object) -> Any:
        """One value in its one type. Raises ValueError, with what is expected."""
        if self.choices and not (isinstance(value, str) and value in self.choices):
            raise ValueError(f"choose from {', '.join(self.choices)}")
        if self.bounds is None:
            return value
        whole = self.kind is int
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise ValueError("expected a whole number" if whole else "expected a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("expected a finite number")
        least, most = self.bounds
        if not least <= value <= most:
            raise ValueError(f"it must be at least {in_words(least)} and at most {in_words(most)}")
        return self.kind(value) + 0  # -0.0 is 0.0


def setting(
    default: T,
    label: str,
    explained: str,
    bounds: tuple[float, float] | None = None,
    *,
    choices: tuple[str, ...] = (),
    suggestions: tuple[str, ...] = (),
    step: float = 1,
    at_initialisation: bool = False,
) -> T:
    """A field of a data class that is a setting; the arguments are described in Setting."""
    described = Setting(label, explained, bounds, choices, suggestions, step, at_initialisation)
    return field(default=default, metadata={"setting": described})


def settings_of(described: type) -> dict[str, Setting]:
    """The settings of a data class, by name, in the order of its fields."""
    return {
        one.name: replace(one.metadata["setting"], name=one.name, default=one.default)
        for one in fields(described)
    }


def in_words(number: float) -> str:
    """Whole numbers with all their digits, others with as few as they need."""
    return str(number) if isinstance(number, int) else f"{number:g}"
