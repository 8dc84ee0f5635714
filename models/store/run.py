"""A run: one execution of an experiment, as the store knows it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa

from models.analysis.narrowing import Goal
from models.analysis.run_summary import RunSummary, read_summary
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import average_step, starting_steps
from models.store.labels import NO_LABELS, Labels, read_labels
from models.store.tables import RUNS

Status = Literal["queued", "running", "finished", "stopped", "interrupted", "failed"]
"""A run waits, trains, or has ended: at its last step, by Stop, by a fault, or for good."""

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    "queued": frozenset({"running", "stopped", "interrupted", "failed"}),
    # Once more where it was made or resumed by the process that now begins to train it.
    "running": frozenset({"running", "finished", "stopped", "interrupted", "failed"}),
    "stopped": frozenset({"queued", "running"}),
    "interrupted": frozenset({"queued", "running"}),
    "failed": frozenset({"queued", "running"}),
    "finished": frozenset(),
}
"""What may become of a run in each status; the store makes no other change.

A run begins as queued, or as running where a process makes it for itself; an imported one as ended.
"""


def before(status: Status) -> tuple[Status, ...]:
    """Every status from which a run may come into this one."""
    return tuple(one for one, following in TRANSITIONS.items() if status in following)


ACTIVE = before("stopped")
"""Every status in which a run waits or trains, and has not ended."""
BROKEN_OFF = before("queued")
"""Every status of a run that ended before its experiment did, and may go on."""


ID = re.compile(r"\d{8}-\d{6}-([a-z0-9]+)", re.ASCII)
"""The id of a run, of this release or an older one: when it was made, and what is unique."""
SHORT = 6
"""Characters of a short id."""

log = logging.getLogger("memory_lab.results.runs")


@dataclass(frozen=True)
class Run:
    """One execution of an experiment, as the store knew it when it was read. Times are UTC."""

    id: str
    """The id cannot be guessed: whoever has it may look at the run."""
    experiment: Experiment
    status: Status
    message: str
    """The reason why the run ended, where its status does not say it; else empty."""
    visitor: str | None
    """The visitor of the dashboard whose run it is; None where it has none."""
    created: datetime
    queued: datetime | None
    """When the run began to wait, last."""
    started: datetime | None
    """When the run began to train, last."""
    finished: datetime | None
    """When the run ended, whichever way."""
    updated: datetime
    """When the process that trains the run last said anything."""
    done_steps: int
    """Optimiser steps that are done, of a model, on average."""
    total_steps: int
    """Optimiser steps of a model at the end of the experiment."""
    steps_at_start: int
    """Optimiser steps that were done when the run began to train, last."""
    resumed: int
    """How often the run was resumed after it was broken off."""
    environment: dict[str, str]
    """Versions and machine, see ``models.store.environment``."""
    stop_requested: bool
    """Whether the process that trains the run should end it."""
    pinned: bool
    """Whether housekeeping leaves the run alone."""
    process: str | None
    """The process that trains the run, see ``models.store.process``."""
    kernels: str | None
    """The kernels that train it, of ``models.kernels.version``; None before it begins here."""
    size: int
    """Bytes of what the run has measured, about."""
    extends: str | None
    """The run that it extends, if any, which may be gone by now."""
    earlier: tuple[Experiment, ...]
    """The experiments that it was before it was extended, see ``partition``, oldest first."""
    narrows: Goal | None
    """How far it is extended, round by round, to narrow memory spans down; None where it is not."""
    labels: Labels = NO_LABELS
    """What people have written on it."""
    summary: RunSummary | None = None
    """What an ended run measured, in short; None before ``models.store.summaries`` makes it."""
    deleted: datetime | None = None
    """When it was deleted, which can be undone for a while."""

    @property
    def short_id(self) -> str:
        """See ``short_id``."""
        return short_id(self.id)

    @property
    def secret(self) -> str:
        """The part of the id that cannot be guessed; it names the run in short links."""
        return self.id.rpartition("-")[2]

    @property
    def title(self) -> str:
        """The name, or the short id where it has none."""
        return self.labels.name or f"run {self.short_id}"

    @property
    def active(self) -> bool:
        """Whether the run waits or trains."""
        return self.status in ACTIVE

    @property
    def inherited_steps(self) -> int:
        """Optimiser steps of a model that it has from the run that it extends, on average."""
        return average_step(starting_steps(self.experiment, self.earlier)) if self.earlier else 0

    @property
    def resumable(self) -> bool:
        """Whether the run can go on where it was broken off."""
        # Runs of older releases were trained with kernels that are no more.
        known = self.kernels is not None or self.started is None
        return self.status in BROKEN_OFF and known


def short_id(run_id: str) -> str:
    """The beginning of what is unique in an id: enough for people to tell runs apart.

    Another name, as files of anybody may have, stays as it is.
    """
    found = ID.fullmatch(run_id)
    return found[1][:SHORT] if found else run_id


RUN_COLUMNS = [
    RUNS.c[name]
    for name in (
        *(one.name for one in fields(Run) if one.name not in ("labels", "narrows")),
        *("name", "notes", "tags", "narrow_factor", "narrow_seconds"),
    )
]
"""The columns that ``read_run`` reads."""


def read_run(row: sa.Row[Any]) -> Run:
    """The run of a row of RUN_COLUMNS.

    Raises ExperimentError where another release stored settings that this one does not take.
    """
    values = dict(row._mapping)
    for name in ("created", "queued", "started", "finished", "updated", "deleted"):
        if values[name] is not None:
            values[name] = _utc(values[name])
    values["experiment"] = read_experiment(values["experiment"])
    factor, seconds = values.pop("narrow_factor"), values.pop("narrow_seconds")
    values["narrows"] = None if factor is None else Goal(factor, seconds)
    values["labels"] = read_labels(*(values.pop(name) for name in ("name", "notes", "tags")))
    values["summary"] = values["summary"] and read_summary(values["summary"])
    return Run(**{**values, "earlier": read_experiments(values["earlier"])})


def read_runs(rows: Iterable[sa.Row[Any]]) -> list[Run]:
    """The runs of these rows; those with settings that are not taken any more are left out."""
    return [run for row in rows if (run := _readable(row))]


def _readable(row: sa.Row[Any]) -> Run | None:
    try:
        return read_run(row)
    except ExperimentError as error:
        log.warning("run left out: %s", error, extra={"run": row.id})
        return None


def is_there(connection: sa.Connection, run_id: str) -> bool:
    """Whether there is a run of this id, marked as deleted or not."""
    return bool(connection.scalar(sa.select(sa.exists().where(RUNS.c.id == run_id))))


@lru_cache(maxsize=1000)
def read_experiment(text: str) -> Experiment:
    """The experiment of a text; those of runs that wait are asked for several times a second."""
    return Experiment.from_json(text)


@lru_cache(maxsize=1000)
def read_experiments(text: str) -> tuple[Experiment, ...]:
    """The experiments of a text, as ``write_experiments`` wrote them."""
    return tuple(map(Experiment.from_mapping, json.loads(text)))


def write_experiments(experiments: Sequence[Experiment]) -> str:
    """Several experiments as a JSON list."""
    return json.dumps([asdict(one) for one in experiments])


def _utc(time: datetime) -> datetime:
    """The time in UTC, which SQLite keeps without saying so; Postgres has its session's zone."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
