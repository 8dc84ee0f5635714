"""The measurements of a run so far, read from the store as they come."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, fields
from datetime import datetime

import pandas as pd

from models.analysis.schema import TABLES, in_order, no_rows
from models.analysis.statistics import select_learning_rate
from models.exchange.files import Results
from models.experiment import Experiment
from models.store import Store

KEPT_SECONDS = 30.0
"""How long the tables of a run stay without being asked for. A page of a run that trains asks every
second or two, a closed one never, though Streamlit keeps its session for a minute; to read the run
again takes a tenth of a second (three for the largest of the recorded ones)."""


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
    """At all learning rates."""
    generalisation: pd.DataFrame


@dataclass
class Reader:
    """What one session has on show of a run."""

    run: str
    experiment: Experiment
    waits: bool = False
    """Whether nothing is read yet: after a press of Train the page comes first, then figures."""
    version: int = 0
    """Of what was read last: a number that grows whenever more rows were."""

    def read(self, store: Store, updated: datetime) -> Tables:
        """All measurements by now; ``updated`` is the time of the run's last change."""
        if self.waits:
            return empty()
        self.version, tables = _shared(self.run, self.experiment).read(store, updated)
        return tables


class _Measured:
    """The tables of one run, for all sessions: every call of ``read`` fetches only the new rows."""

    def __init__(self, run: str, experiment: Experiment) -> None:
        self.used = time.monotonic()
        self._run, self._experiment = run, experiment
        self._frames: dict[str, pd.DataFrame] = {}
        self._cursors: dict[str, int] = {}
        self._read: tuple[int, Tables] | None = None
        self._updated: datetime | None = None
        self._lock = threading.Lock()

    def read(self, store: Store, updated: datetime) -> tuple[int, Tables]:
        """The version and the tables of it."""
        with self._lock:
            if self._read is None or updated != self._updated:
                frames = {name: self._follow(store, name) for name in TABLES if name != "gradients"}
                version = sum(self._cursors.values())
                if self._read is None or self._read[0] != version:
                    self._read = version, self._selected(store, frames)
                self._updated = updated
            return self._read

    def _selected(self, store: Store, frames: dict[str, pd.DataFrame]) -> Tables:
        steps = {0, *store.profile_steps(self._run).values()}
        frames["gradients"] = store.profiles(self._run, steps)
        frames["accuracy"] = in_order(frames["accuracy"], self._experiment)
        return selected(frames)

    def _follow(self, store: Store, table: str) -> pd.DataFrame:
        new, self._cursors[table] = store.read(self._run, table, self._cursors.get(table, 0))
        known = [rows for rows in (self._frames.get(table), new) if rows is not None and len(rows)]
        if known:
            self._frames[table] = pd.concat(known, ignore_index=True) if known[1:] else known[0]
        return self._frames.setdefault(table, new)


_measured: dict[str, _Measured] = {}
_lock = threading.Lock()


def _shared(run: str, experiment: Experiment) -> _Measured:
    """What is read of a run, shared by all pages that show it; dropped when none does."""
    now = time.monotonic()
    with _lock:
        for other in [other for other, one in _measured.items() if one.used < now - KEPT_SECONDS]:
            del _measured[other]
        found = _measured.setdefault(run, _Measured(run, experiment))
        found.used = now
        return found


def selected(frames: dict[str, pd.DataFrame]) -> Tables:
    """The tables with the models at the best learning rate, where several were tried.

    Of the validation, by which it is chosen, all rates stay.
    """
    validation = frames["validation"]
    names = [field.name for field in fields(Tables) if field.name != "validation"]
    best = {name: select_learning_rate(frames[name], validation) for name in names}
    return Tables(**best, validation=validation)


def empty() -> Tables:
    """The tables of a run before its first row."""
    return Tables(**{name: no_rows(name) for name in TABLES})


def from_results(results: Results) -> Tables:
    """The tables of a run that was read from files."""
    return selected({**vars(empty()), **results.tables})
