"""The configuration of an installation: environment variables ``MEMORY_LAB_<NAME>``.

Light on purpose: importing this module imports no torch.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.settings import machine, strict
from models.settings.quoting import quoted

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".memory_lab"
"""Where everything is kept that is not kept elsewhere."""
PREFIX = "MEMORY_LAB_"

LOG_LEVELS = ("debug", "info", "warning", "error")
MEBIBYTE = 2**20
MAX_MEGABYTES = 4096
SHARE_OF_MEMORY = 0.6


Allowed = tuple[str, Callable[[str], Any]]
"""What a setting may be, in words, and how it is read from text: raises ValueError."""


class ConfigurationError(ValueError):
    """A variable that cannot be used; the message says which, why, and what is allowed."""


def _trainers() -> int:
    return max(1, machine.cores() // 2)


def _megabytes() -> int:
    return min(MAX_MEGABYTES, int(SHARE_OF_MEMORY * machine.memory_bytes() / MEBIBYTE))


def _at_least(least: int) -> Allowed:
    def read(text: str) -> int:
        if (value := strict.whole_number(text)) < least:
            raise ValueError(text)
        return value

    return f"a whole number of at least {least}", read


def _minutes(text: str) -> float:
    value = strict.number(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def _positive_minutes(text: str) -> float:
    if (value := _minutes(text)) == 0:
        raise ValueError(text)
    return value


def _yes_or_no(text: str) -> bool:
    words = {"yes": True, "true": True, "on": True, "1": True}
    words |= {"no": False, "false": False, "off": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(text)
    return text.lower()


def _url(text: str) -> str:
    try:
        sa.make_url(text).get_dialect()
    except sa.exc.ArgumentError as error:
        raise ValueError("no URL of a known database") from error
    return text


def _folder(text: str) -> str:
    return str(Path(text).expanduser().absolute())


@dataclass(frozen=True)
class Variable:
    """What one setting is and may be; messages, documentation and About page show it."""

    help: str
    allowed: str
    """What it may be, in words."""
    read: Callable[[str], Any]
    """Its value from text. Raises ValueError."""
    default: str
    """In words."""
    public: bool
    """Whether every visitor may know it."""
    name: str = ""


def _variable(
    default: Any, explained: str, allowed: Allowed, words: str = "", *, public: bool = True
) -> Any:
    """A field of Configuration; ``default`` is a value or a function that finds it."""
    given = {"default_factory": default} if callable(default) else {"default": default}
    shown = words or _in_words(default)
    metadata = {"variable": Variable(explained, *allowed, shown, public)}
    # What is not public is not in the repr: a URL may hold a password.
    return field(**given, repr=public, metadata=metadata)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == 0:
        return "no limit"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Configuration:
    """How one installation of Memory Lab runs. What is read from variables is validated."""

    store: str = _variable(
        f"sqlite:///{FOLDER / 'runs.sqlite'}",
        "Where runs are kept: any SQLAlchemy URL",
        (
            "an SQLAlchemy URL, such as sqlite:///runs.sqlite or "
            "postgresql+psycopg://user:password@host/database",
            _url,
        ),
        "a SQLite file in `.memory_lab/`",
        public=False,
    )
    shared: bool = _variable(
        False,
        "Whether every visitor sees and manages all runs, including those of the command line",
        ("yes or no", _yes_or_no),
    )
    trainers: int = _variable(
        _trainers, "How many runs train at the same time", _at_least(1), "one for every two cores"
    )
    waiting: int = _variable(
        3, "How many runs of one visitor may wait, besides the one in training", _at_least(1)
    )
    queue: int = _variable(200, "How many runs may wait in total", _at_least(1))
    minutes: float = _variable(
        60.0,
        "Longest run that is accepted, by its estimate, in minutes; 0 is no limit",
        ("a number of minutes, or 0 for no limit", _minutes),
    )
    megabytes: int = _variable(
        _megabytes,
        "Memory limit of one run, or of one answer, in MiB, for its estimate and for what it takes",
        _at_least(256),
        f"{100 * SHARE_OF_MEMORY:.0f} % of the machine or container, at most {MAX_MEGABYTES}",
    )
    keep_runs: int = _variable(
        0,
        "How many of the newest runs are kept; 0 is no limit, pinned runs are always kept",
        _at_least(0),
    )
    keep_megabytes: int = _variable(
        0,
        "Total size up to which runs are kept, in MiB; 0 is no limit, pinned runs are always kept",
        _at_least(0),
    )
    unattended_minutes: float = _variable(
        5.0,
        "Minutes without a viewer after which a run makes way for others that wait",
        ("a number of minutes above 0", _positive_minutes),
    )
    log_level: str = _variable(
        "info",
        "The least severe messages that are logged",
        (f"one of {', '.join(LOG_LEVELS)}", _log_level),
        public=False,
    )
    logs: str = _variable(
        str(FOLDER / "logs"),
        "The folder of the log files, JSON lines with run ids",
        ("the path of a folder", _folder),
        "`.memory_lab/logs`",
        public=False,
    )

    @classmethod
    def from_environment(cls) -> Configuration:
        """What this process's environment says. Raises ConfigurationError."""
        return cls.from_mapping(os.environ)

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> Configuration:
        """Variables by name; what is not set, or empty, stays at its default.

        Names without PREFIX are not looked at. Raises ConfigurationError.
        """
        given: dict[str, Any] = {}
        for variable, text in values.items():
            if variable.startswith(PREFIX):
                name = _name(variable)
                if text.strip():
                    given[name] = read_setting(name, text.strip(), variable)
        return cls(**given)

    @property
    def passwords(self) -> tuple[str, ...]:
        """The store's, which must never be shown."""
        url = sa.make_url(self.store)
        hidden = [value for key, value in url.query.items() if _is_secret(key)]
        return tuple(str(value) for value in (url.password, *hidden) if value)

    def describe(self) -> dict[str, str]:
        """Each setting by name, in words, without a password: to be shown to anyone."""
        words = {name: _in_words(getattr(self, name)) for name in VARIABLES}
        return words | {"store": _without_password(self.store)}


VARIABLES: dict[str, Variable] = {
    one.name: replace(one.metadata["variable"], name=one.name) for one in fields(Configuration)
}
"""The settings by name."""


def _name(variable: str) -> str:
    known = {PREFIX + name.upper(): name for name in VARIABLES}
    if variable not in known:
        (closest,) = get_close_matches(variable.upper(), known, n=1, cutoff=0)
        raise ConfigurationError(
            f"there is no variable {quoted(variable)}: did you mean {closest}?"
        )
    return known[variable]


def read_setting(name: str, text: str, called: str) -> Any:
    """The value of the setting of this name from text, checked.

    ``called`` is what the message calls it. Raises ConfigurationError.
    """
    described = VARIABLES[name]
    try:
        return described.read(text)
    except ValueError:
        given = _beginning(text) if name == "store" else text
        raise ConfigurationError(f"{called} is {quoted(given)}: give {described.allowed}") from None


def _beginning(url: str) -> str:
    """Of a broken URL, which may hold a password anywhere behind."""
    scheme = re.match(r"[\w+.]+://", url)
    return f"{scheme[0] if scheme else ''}…"


def _without_password(url: str) -> str:
    parsed = sa.make_url(url)
    hidden = dict.fromkeys(filter(_is_secret, parsed.query), "hidden")
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


def _is_secret(key: str) -> bool:
    # libpq also takes the password behind the question mark.
    return "pass" in key.lower()
