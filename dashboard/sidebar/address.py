"""What the parameters of an address may say about an experiment's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

from dashboard.components.markdown import plain
from models.cells import make_cell
from models.experiment.experiment import CHOICES, REAL, WHOLE
from models.settings import numerals
from models.tasks import make_task

Check = Callable[[str], object]
"""Takes a text that can be used; raises ValueError on any other."""

OTHERS = ("run",)
"""Parameters that are no settings: which run is on show."""


def check_of(name: str, task: str) -> Check:
    """Of one value of this setting of an experiment; lengths depend on the task."""
    if name == "cells":
        return make_cell
    if name in CHOICES:
        return get_args(CHOICES[name]).index
    if name in ("lengths", "test_lengths"):
        return lambda text: _between(numerals.whole(text), _length_bounds(name, task))
    if name in WHOLE:
        return lambda text: _between(numerals.whole(text), WHOLE[name])
    return lambda text: _between(numerals.number(text), REAL[name])


def usable(given: Sequence[str], check: Check, *, several: bool) -> bool:
    """Whether all that the address gives for one parameter can be used."""
    return (several or len(given) < 2) and all(_accepted(check, text) for text in given)


def refusal(name: str, given: Iterable[str], instead: str | Sequence[str]) -> str:
    """Markdown: what stood there, what is used in its place, and how several are written."""
    told = f"{name}={plain(', '.join(given))} in the address cannot be used"
    if isinstance(instead, str):
        return f"{told}: {plain(instead)} instead"
    several = plain(", ".join(instead)) or "nothing"
    return f"{told}: {several} instead. Several are written {name}=…&{name}=…"


def unknown(given: Iterable[str], known: Iterable[str]) -> str:
    """Markdown: which parameters of the address nothing uses; empty where there are none."""
    names = sorted(set(given) - {*known, *OTHERS})
    if not names:
        return ""
    return f"In the address, nothing here uses {plain(', '.join(names))}"


def numbers(texts: Iterable[str], read: Callable[[str], float]) -> list[Any]:
    """Numbers where they are; what is none is left for the experiment to refuse."""
    return [read(text) if _accepted(read, text) else text for text in texts]


def _length_bounds(name: str, task: str) -> tuple[int, int]:
    return make_task(task).minimum_length, WHOLE[name][1]


def _between(value: float, bounds: tuple[float, float]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise ValueError(f"{value:g} is not from {bounds[0]:g} to {bounds[1]:g}")


def _accepted(check: Check, text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True
