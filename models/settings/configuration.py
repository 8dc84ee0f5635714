"""What whoever runs Memory Lab can set: environment variables ``MEMORY_LAB_<NAME>``.

Light on purpose: importing this module imports no torch.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.settings import machine, numerals
from models.settings.quoting import quoted

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".memory_lab"
"""Where everything is kept that is not kept elsewhere."""
PREFIX = "MEMORY_LAB_"

LOG_LEVELS = ("debug", "info", "warning", "error")
MEBIBYTE = 2**20
MOST_MEGABYTES = 4096
SHARE_OF_MEMORY = 0.6
NO_LIMIT = ("minutes", "keep_runs", "keep_megabytes")
"""Settings whose 0 is no limit."""


class ConfigurationError(ValueError):
    """A variable that cannot be used; the message says which, why, and what is allowed."""


def _trainers() -> int:
    return max(1, machine.cores() // 2)


def _megabytes() -> int:
    return min(MOST_MEGABYTES, int(SHARE_OF_MEMORY * machine.memory_bytes() / MEBIBYTE))


@dataclass(frozen=True)
class Configuration:
    """How one installation of Memory Lab runs. What is read from variables is validated."""

    # Not in the repr: a URL may hold a password.
    store: str = field(default=f"sqlite:///{FOLDER / 'runs.sqlite'}", repr=False)
    """SQLAlchemy URL of the store of runs."""
    shared: bool = False
    """Whether everyone lists everyone's runs."""
    trainers: int = field(default_factory=_trainers)
    """Runs that train at once; by default one for every two cores."""
    waiting: int = 3
    """Runs of one visitor that may wait."""
    queue: int = 200
    """Runs that may wait in all."""
    minutes: float = 60.0
    """The longest run that is accepted, as estimated; 0 is no limit."""
    megabytes: int = field(default_factory=_megabytes)
    """Memory of one trainer with all its processes, in MiB: what it may take, and what a run may be
    estimated to take. By default 60 % of what the machine or its cgroup has, at most 4096."""
    keep_runs: int = 0
    """Runs that are kept; 0 is all."""
    keep_megabytes: int = 0
    """Size up to which runs are kept, in MiB; 0 is no limit."""
    unattended_minutes: float = 5.0
    """After which a run that nobody looks at gives way to others that wait."""
    log_level: str = "info"
    """The least severe messages that are logged: one of LOG_LEVELS."""
    logs: str = str(FOLDER / "logs")
    """Folder of the log files."""

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
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        words = {name: f"{value:g}" for name, value in values.items() if isinstance(value, float)}
        words |= {name: "no limit" for name in NO_LIMIT if values[name] == 0}
        words |= {"store": _without_password(self.store), "shared": "yes" if self.shared else "no"}
        return {name: words.get(name, str(value)) for name, value in values.items()}


def _name(variable: str) -> str:
    known = {PREFIX + one.name.upper(): one.name for one in fields(Configuration)}
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
    allowed, read = ALLOWED[name]
    try:
        return read(text)
    except ValueError:
        given = _beginning(text) if name == "store" else text
        raise ConfigurationError(f"{called} is {quoted(given)}: give {allowed}") from None


def _beginning(url: str) -> str:
    """Of a broken URL, which may hold a password anywhere behind."""
    scheme = re.match(r"[\w+.]+://", url)
    return f"{scheme[0] if scheme else ''}…"


def _whole(least: int) -> tuple[str, Callable[[str], int]]:
    def read(text: str) -> int:
        if (value := numerals.whole(text)) < least:
            raise ValueError(text)
        return value

    return f"a whole number of at least {least}", read


def _minutes(text: str) -> float:
    value = numerals.number(text)
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


def _without_password(url: str) -> str:
    parsed = sa.make_url(url)
    hidden = dict.fromkeys(filter(_is_secret, parsed.query), "hidden")
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


def _is_secret(key: str) -> bool:
    # libpq also takes the password behind the question mark.
    return "pass" in key.lower()


ALLOWED: dict[str, tuple[str, Callable[[str], Any]]] = {
    "store": (
        "an SQLAlchemy URL, such as sqlite:///runs.sqlite or "
        "postgresql+psycopg://user:password@host/database",
        _url,
    ),
    "shared": ("yes or no", _yes_or_no),
    "trainers": _whole(1),
    "waiting": _whole(1),
    "queue": _whole(1),
    "minutes": ("a number of minutes, or 0 for no limit", _minutes),
    "megabytes": _whole(256),
    "keep_runs": _whole(0),
    "keep_megabytes": _whole(0),
    "unattended_minutes": ("a number of minutes above 0", _positive_minutes),
    "log_level": (f"one of {', '.join(LOG_LEVELS)}", _log_level),
    "logs": ("the path of a folder", _folder),
}
"""What each setting may be, in words, and how it is read from text: raises ValueError."""
