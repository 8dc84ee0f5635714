"""The parameters of the address: which values can be used, and what to say of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from dashboard.components.markdown import escape_markdown
from dashboard.session.lecture import KEPT
from models.cells import make_cell
from models.experiment.experiment import MAX_LENGTH
from models.settings.setting import Setting
from models.tasks import make_task

Check = Callable[[str], object]
"""A function of a parameter's text that raises ValueError where it cannot be used."""

OTHERS = ("run", "why", *KEPT)
"""Parameters of the address that are not settings: the run, what is asked of it, a lesson."""


def suited(setting: Setting, task: str) -> Setting:
    """The setting as it is with this task: its shortest sequences, and the lengths that suit it."""
    if setting.name not in ("lengths", "test_lengths"):
        return setting
    made = make_task(task)
    default = made.lengths if setting.name == "lengths" else setting.default
    return replace(setting, bounds=(made.minimum_length, MAX_LENGTH), default=default)


def check_of(setting: Setting, task: str) -> Check:
    """The check of one value of this setting."""
    if setting.name == "cells":
        return make_cell
    return lambda text: suited(setting, task).checked(setting.parse(text))


def usable(given: Sequence[str], check: Check, *, several: bool) -> bool:
    """Whether all that the address gives for one parameter can be used."""
    return (several or len(given) < 2) and all(_accepted(check, text) for text in given)


def refusal(name: str, given: Iterable[str], instead: str | Sequence[str]) -> str:
    """Markdown that says which values are refused, and what is used instead."""
    refused = f"{name}={escape_markdown(', '.join(given))} in the address cannot be used"
    if isinstance(instead, str):
        return f"{refused}. Used instead: {escape_markdown(instead)}"
    several = escape_markdown(", ".join(instead)) or "none"
    return f"{refused}. Used instead: {several}. Write several values as {name}=…&{name}=…"


def unknown(given: Iterable[str], known: Iterable[str]) -> str:
    """Markdown that says which parameters of the address are unknown; empty where none is."""
    names = sorted(set(given) - {*known, *OTHERS})
    if not names:
        return ""
    return f"The address has unknown parameters: {escape_markdown(', '.join(names))}"


def values_of(setting: Setting, texts: Iterable[str]) -> list[Any]:
    """The values of a setting; text that is not one is left for the experiment to refuse."""
    return [setting.parse(text) if _accepted(setting.parse, text) else text for text in texts]


def _accepted(check: Check, text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True
