"""The measurements of a run so far, read from the store as they come."""

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
    """The tables that figures draw: for each cell and length, its models at the best rate."""

    accuracy: pd.DataFrame
    training: pd.DataFrame
    gradients: pd.DataFrame
    """The gradient profiles at initialisation and at the latest evaluation."""
    diagnostics: pd.DataFrame
    influence: pd.DataFrame
    connectivity: pd.DataFrame
    validation: pd.DataFrame
    generalisation: pd.DataFrame


@dataclass
class Reader:
    """Reads one run: every call of ``read`` fetches only the new rows."""

    run: str
    experiment: Experiment
    waits: bool = False
    """Whether nothing is read yet: after a press of Train the page comes first, then figures."""
    _frames: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    _cursors: dict[str, int] = field(default_factory=dict)
    _read: tuple[int, Tables] | None = None
    _updated: datetime | None = None

    @property
    def version(self) -> int:
        """A number that grows whenever more rows were read."""
        return sum(self._cursors.values())

    def read(self, store: Store, updated: datetime) -> Tables:
        """All measurements by now; ``updated`` is the time of the run's last change."""
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
        chunks = self._frames.setdefault(table, [])
        if len(new) or not chunks:
            chunks.append(new)
        if len(chunks) > 1:
            chunks[:] = [pd.concat([chunk for chunk in chunks if len(chunk)], ignore_index=True)]
        return chunks[0]


def selected(frames: dict[str, pd.DataFrame]) -> Tables:
    """The tables with the models at the best learning rate, where several were tried."""
    validation = frames["validation"]
    names = [field.name for field in fields(Tables)]
    return Tables(**{name: select_learning_rate(frames[name], validation) for name in names})


def empty() -> Tables:
    """The tables of a run before its first row."""
    return Tables(**{name: no_rows(name) for name in TABLES})


def from_results(results: Results) -> Tables:
    """The tables of a run that was read from files."""
    return selected({**vars(empty()), **results.tables})
