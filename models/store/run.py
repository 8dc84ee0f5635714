"""A run: one execution of an experiment, as the store knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa

from models.experiment import Experiment

Status = Literal["queued", "running", "finished", "stopped", "interrupted", "failed"]
ACTIVE: tuple[Status, ...] = ("queued", "running")
BROKEN_OFF: tuple[Status, ...] = ("stopped", "interrupted", "failed")
"""Ended before its experiment did: somebody stopped it, something else did, or it cannot go on."""


@dataclass(frozen=True)
class Run:
    """One execution of an experiment. Times are UTC."""

    id: str
    """Cannot be guessed: whoever has it may look at the run."""
    experiment: Experiment
    status: Status
    message: str
    """Why it ended, where that is not plain."""
    visitor: str | None
    """Whose run it is, a visitor of the dashboard; None is nobody's, as from the command line."""
    created: datetime
    queued: datetime | None
    """When it began to wait, last."""
    started: datetime | None
    """When it began to train, last."""
    finished: datetime | None
    updated: datetime
    """When its trainer last said anything."""
    done_steps: int
    """Optimiser steps of a model, on average."""
    total_steps: int
    steps_at_start: int
    """How many were done when it began to train, last."""
    resumed: int
    """How often it went on after it was broken off."""
    environment: dict[str, str]
    stop_requested: bool
    pinned: bool
    """Whether housekeeping leaves it alone."""
    process: str | None
    """Who trains it, see ``models.store.process``."""
    processes: int | None
    """Among how many processes its models are shared out."""
    size: int
    """Bytes of what it has measured, about."""

    @property
    def active(self) -> bool:
        """Whether it waits or trains."""
        return self.status in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether it can go on where it was broken off."""
        # Runs of the first release do not say how they were shared out.
        known = self.processes is not None or self.started is None
        return self.status in BROKEN_OFF and known


def read_run(row: sa.Row[Any]) -> Run:
    """From a row of the table of runs.

    Raises ExperimentError where another release stored settings that this one does not take.
    """
    values = dict(row._mapping)
    for name in ("created", "queued", "started", "finished", "updated"):
        if values[name] is not None:
            values[name] = _utc(values[name])
    return Run(**{**values, "experiment": _experiment(values["experiment"])})


@lru_cache(maxsize=1000)
def _experiment(text: str) -> Experiment:
    """Those of runs that wait are read several times a second."""
    return Experiment.from_json(text)


def _utc(time: datetime) -> datetime:
    """SQLite tells UTC without saying so, Postgres tells the zone of its session."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
