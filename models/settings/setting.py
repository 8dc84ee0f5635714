"""Settings: fields of a data class that carry their own description, bounds and choices.

All that people see of a setting is made from its field: the arguments of the command line, the
controls of the sidebar, the parameters of the address, the messages and a table in docs/.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from models.settings import strict

T = TypeVar("T")

PARSE: dict[type, Callable[[str], Any]] = {int: strict.whole_number, float: strict.number, str: str}
"""What reads a value of each type from text, and raises ValueError where it cannot."""


@dataclass(frozen=True)
class Setting:
    """The description of a setting: what it is called, what it does, and what it may be."""

    label: str
    """The name for people."""
    help: str
    """What it does, in sentences: the same on pages, in the command line and in docs/."""
    bounds: tuple[float, float] | None = None
    """The smallest and the largest number: two whole ones for a whole number, None for a text."""
    choices: tuple[str, ...] = ()
    """All values there are, where they have names."""
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """How people write a choice, where not as it is with a blank for each underscore."""
    suggestions: tuple[str, ...] = ()
    """The values worth offering, where a setting has several at once."""
    step: float = 1
    """Of a number: how far one press of a button moves it."""
    at_initialisation: bool = False
    """Whether the models before their first training step, or the gradient there, depend on it."""
    name: str = ""
    """The name of the field."""
    default: Any = None
    """The default of the field."""

    @property
    def flag(self) -> str:
        """The argument of the command line, such as ``--hidden-size``."""
        return "--" + self.name.replace("_", "-")

    @property
    def several(self) -> bool:
        """Whether it has several values at once; none at all only where that is the default."""
        return isinstance(self.default, tuple)

    @property
    def kind(self) -> type:
        """The type of one value: int, float or str."""
        return str if self.bounds is None else type(self.bounds[0])

    def in_words(self, choice: str) -> str:
        """Returns a choice as people write it."""
        return self.words.get(choice, choice.replace("_", " "))

    def parse(self, text: str) -> Any:
        """Reads one value from text; it may be out of bounds. Raises ValueError."""
        return PARSE[self.kind](text)

    def checked(self, value: object) -> Any:
        """Returns one value in its one type. Raises ValueError that says what is expected."""
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
    words: Mapping[str, str] | None = None,
    suggestions: tuple[str, ...] = (),
    step: float = 1,
    at_initialisation: bool = False,
) -> T:
    """A field of a data class that is a setting; the arguments are described in Setting."""
    described = Setting(
        label, explained, bounds, choices, words or {}, suggestions, step, at_initialisation
    )
    return field(default=default, metadata={"setting": described})


def settings_of(described: type) -> dict[str, Setting]:
    """Returns the settings of a data class by name, in the order of its fields."""
    return {
        one.name: replace(one.metadata["setting"], name=one.name, default=one.default)
        for one in fields(described)
    }


def in_words(number: float) -> str:
    """Returns a whole number with all its digits, another with as few as it needs."""
    return str(number) if isinstance(number, int) else f"{number:g}"
