"""What the parameters of an address may say about an experiment's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from dashboard.components.markdown import escape_markdown
from models.cells import make_cell
from models.experiment.experiment import MAX_LENGTH
from models.settings.setting import Setting
from models.tasks import make_task

Check = Callable[[str], object]
"""Takes a text that can be used; raises ValueError on any other."""

OTHERS = ("run",)
"""Parameters that are no settings: which run is on show."""


def suited(setting: Setting, task: str) -> Setting:
    """The setting as a task has it: how short its sequences can be, and which show it well."""
    if setting.name not in ("lengths", "test_lengths"):
        return setting
    made = make_task(task)
    default = made.lengths if setting.name == "lengths" else setting.default
    return replace(setting, bounds=(made.minimum_length, MAX_LENGTH), default=default)


def check_of(setting: Setting, task: str) -> Check:
    """Of one value of this setting of an experiment."""
    if setting.name == "cells":
        return make_cell
    return lambda text: suited(setting, task).checked(setting.parse(text))


def usable(given: Sequence[str], check: Check, *, several: bool) -> bool:
    """Whether all that the address gives for one parameter can be used."""
    return (several or len(given) < 2) and all(_accepted(check, text) for text in given)


def refusal(name: str, given: Iterable[str], instead: str | Sequence[str]) -> str:
    """Markdown: what stood there, what is used in its place, and how several are written."""
    refused = f"{name}={escape_markdown(', '.join(given))} in the address cannot be used"
    if isinstance(instead, str):
        return f"{refused}: {escape_markdown(instead)} instead"
    several = escape_markdown(", ".join(instead)) or "nothing"
    return f"{refused}: {several} instead. Several are written {name}=…&{name}=…"


def unknown(given: Iterable[str], known: Iterable[str]) -> str:
    """Markdown: which parameters of the address nothing uses; empty where there are none."""
    names = sorted(set(given) - {*known, *OTHERS})
    if not names:
        return ""
    return f"In the address, nothing here uses {escape_markdown(', '.join(names))}"


def values_of(setting: Setting, texts: Iterable[str]) -> list[Any]:
    """Numbers where they are; what is none is left for the experiment to refuse."""
    return [setting.parse(text) if _accepted(setting.parse, text) else text for text in texts]


def _accepted(check: Check, text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True
