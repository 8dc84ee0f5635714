"""The baseline ladder: the accuracy and loss of ever better-informed guesses, by length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.tasks.task import Task

Measure = Literal["accuracy", "loss"]


@dataclass(frozen=True)
class Rung:
    """One line of the ladder: a baseline's values by sequence length."""

    name: str
    lengths: tuple[int, ...]
    values: tuple[float, ...]


def ladder(task: Task, lengths: Iterable[int]) -> pd.DataFrame:
    """The ladder of a task: one row for each rung and length.

    Columns: name, length, accuracy, loss.

    Rungs that agree in both at every length are one, under their joint name.
    """
    rows = [
        (baseline.name, length, baseline.accuracy, baseline.loss)
        for length in sorted(lengths)
        for baseline in task.baselines(length)
    ]
    frame = pd.DataFrame(rows, columns=["name", "length", "accuracy", "loss"])
    return _joined(frame, ["accuracy", "loss"])


def rungs(baselines: pd.DataFrame, measure: Measure) -> list[Rung]:
    """The lines to draw for one measure, lowest first; those that coincide are one line."""
    frame = _joined(baselines.dropna(subset=[measure]), [measure])
    lines = [
        Rung(name, tuple(int(length) for length in values[::2]), tuple(values[1::2]))
        for name, values in _values(frame, [measure]).items()
    ]
    return sorted(lines, key=lambda line: line.values[-1])


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The same table with rungs of equal ``columns`` under one name, "this; that"."""
    groups: list[tuple[list[float], list[str]]] = []
    for name, values in _values(frame, columns).items():
        for other, names in groups:
            if _equal(values, other):
                names.append(name)
                break
        else:
            groups.append((values, [name]))
    joint = {names[0]: "; ".join(names) for _, names in groups}
    kept = frame[frame["name"].isin(list(joint))]
    return kept.assign(name=[joint[name] for name in kept["name"]]).reset_index(drop=True)


def _values(frame: pd.DataFrame, columns: list[str]) -> dict[str, list[float]]:
    """The lengths and ``columns`` of each rung, row after row."""
    values: dict[str, list[float]] = {}
    for name, *row in frame[["name", "length", *columns]].itertuples(index=False):
        values.setdefault(name, []).extend(map(float, row))
    return values


def _equal(some: Sequence[float], others: Sequence[float]) -> bool:
    return len(some) == len(others) and all(map(math.isclose, some, others))
