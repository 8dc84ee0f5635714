"""What a run has measured so far, read from the store bit by bit."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

import pandas as pd

from models.analysis.schema import TABLES, in_order, no_rows
from models.analysis.statistics import select_learning_rate
from models.exchange.files import Results
from models.experiment import Experiment
from models.store import Store


@dataclass(frozen=True)
class Tables:
    """What the figures draw: of each cell and length, the models at its best learning rate."""

    accuracy: pd.DataFrame
    training: pd.DataFrame
    gradients: pd.DataFrame
    """Profiles at initialisation and the latest."""
    diagnostics: pd.DataFrame
    influence: pd.DataFrame
    connectivity: pd.DataFrame
    validation: pd.DataFrame
    generalisation: pd.DataFrame


@dataclass
class Reader:
    """Follows one run: every call of ``read`` fetches only what is new."""

    run: str
    experiment: Experiment
    waits: bool = False
    """Whether nothing is read yet: who has pressed Train gets a page at once, then the pictures."""
    _frames: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    _cursors: dict[str, int] = field(default_factory=dict)
    _read: tuple[int, Tables] | None = None
    _updated: datetime | None = None

    @property
    def version(self) -> int:
        """Grows with what was read."""
        return sum(self._cursors.values())

    def read(self, store: Store, updated: datetime) -> Tables:
        """All that is measured by now; ``updated`` is when the run last said anything."""
        if self.waits:
            return empty()
        if self._read and updated == self._updated:
            return self._read[1]
        self._updated = updated
        frames = {name: self._follow(store, name) for name in TABLES if name != "gradients"}
        if self._read is None or self._read[0] != self.version:
            self._read = self.version, self._selected(store, frames)
        return self._read[1]

    def _selected(self, store: Store, frames: dict[str, pd.DataFrame]) -> Tables:
        steps = {0, *store.profile_steps(self.run).values()}
        frames["gradients"] = store.profiles(self.run, steps)
        frames["accuracy"] = in_order(frames["accuracy"], self.experiment)
        return selected(frames)

    def _follow(self, store: Store, table: str) -> pd.DataFrame:
        new, self._cursors[table] = store.read(self.run, table, self._cursors.get(table, 0))
        parts = self._frames.setdefault(table, [])
        if len(new) or not parts:
            parts.append(new)
        if len(parts) > 1:
            parts[:] = [pd.concat([part for part in parts if len(part)], ignore_index=True)]
        return parts[0]


def selected(frames: dict[str, pd.DataFrame]) -> Tables:
    """The rows of the models that count, where several learning rates were tried."""
    validation = frames["validation"]
    names = [field.name for field in fields(Tables)]
    return Tables(**{name: select_learning_rate(frames[name], validation) for name in names})


def empty() -> Tables:
    """Before the first row."""
    return Tables(**{name: no_rows(name) for name in TABLES})


def from_results(results: Results) -> Tables:
    """The same of a run that was read from files."""
    return selected({**vars(empty()), **results.tables})
