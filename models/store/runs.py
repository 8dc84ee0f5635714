"""Runs in the store: made, queued, trained, ended, resumed, kept or deleted."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import sqlalchemy as sa

from models.analysis.narrowing import Goal
from models.experiment import Experiment, ExperimentError
from models.settings.quoting import quoted
from models.store.database import Database
from models.store.errors import NotOursError, UnknownRunError, unknown_run
from models.store.labels import NO_LABELS, Labels
from models.store.run import (
    ACTIVE,
    BROKEN_OFF,
    RUN_COLUMNS,
    Run,
    Status,
    before,
    is_there,
    read_run,
    read_runs,
)
from models.store.run_search import search_columns
from models.store.tables import RUNS

SECRET_BYTES = 10
"""How many bytes of chance are in the id of a run."""


class Runs(Database):
    """The runs of a store: what becomes of them, and which there are.

    A run changes its status only as ``models.store.run.TRANSITIONS`` allows. What may change it is
    compared and changed in one statement, so that of several processes one succeeds.
    """

    def create(
        self,
        experiment: Experiment,
        visitor: str | None = None,
        process: str | None = None,
        narrows: Goal | None = None,
        labels: Labels = NO_LABELS,
        **more: object,
    ) -> str:
        """Makes a run that waits; with a ``process``, one that this is about to train.

        Returns its id. ``more`` are further columns of the table of runs.
        """
        values = new_run(experiment, visitor, process, labels) | more
        if narrows:
            values |= {"narrow_factor": narrows.factor, "narrow_seconds": narrows.seconds}
        run_id: str = values["id"]

        def work(connection: sa.Connection) -> None:
            # An answer that was lost on its way is asked for again: the run is made already.
            if not is_there(connection, run_id):
                connection.execute(sa.insert(RUNS).values(**values))

        self.writing(work)
        return run_id

    def begin(self, run_id: str, environment: Mapping[str, str], process: str) -> None:
        """Takes a run that waits, or that this process has taken already: from now on it trains.

        Raises NotOursError where the run does not wait for this process.
        """
        waits = RUNS.c.status == "queued"
        own = sa.and_(RUNS.c.status == "running", RUNS.c.process == process)
        begun = self._change(
            run_id,
            "running",
            sa.or_(waits, own),
            started=datetime.now(UTC),
            environment=dict(environment),
            process=process,
            kernels=environment["kernels"],
            steps_at_start=RUNS.c.done_steps,
        )
        if not begun:
            raise NotOursError(f"run {run_id} is not waiting for process {process}")

    def finish(
        self, run_id: str, status: Status, message: str = "", process: str | None = None
    ) -> bool:
        """Ends a run that waits or trains; says whether it did.

        With a ``process`` it must be this that trains the run. One that waits cannot be finished.
        The last checkpoints of a finished run stay: it may be extended by more steps.
        """
        if status not in get_args(Status) or status in ACTIVE:
            raise ValueError(f"{status!r} is not how a run ends")
        own = sa.true() if process is None else RUNS.c.process == process
        now = datetime.now(UTC)
        return self._change(run_id, status, own, message=message, finished=now, process=None)

    def resume(self, run_id: str, process: str | None = None) -> bool:
        """Puts a run that was broken off back into the queue; says whether it did.

        With a ``process``, this is about to train the run.
        """
        return self._change(
            run_id,
            "running" if process else "queued",
            RUNS.c.status.in_(BROKEN_OFF),
            process=process,
            queued=datetime.now(UTC),
            message="",
            finished=None,
            stop_requested=False,
            summary=None,
            resumed=RUNS.c.resumed + 1,
        )

    def heartbeat(self, run_ids: Collection[str]) -> None:
        """Notes that the processes that train these runs are alive."""
        statement = sa.update(RUNS).where(RUNS.c.id.in_(run_ids), RUNS.c.status == "running")
        statement = statement.values(updated=datetime.now(UTC))
        self.writing(lambda connection: connection.execute(statement))

    def request_stop(self, run_id: str) -> None:
        """Asks the process that trains the run, or will, to end it soon."""
        statement = sa.update(RUNS).where(RUNS.c.id == run_id, RUNS.c.status.in_(ACTIVE))
        statement = statement.values(stop_requested=True)
        self.writing(lambda connection: connection.execute(statement))

    def stop_requested(self, run_id: str, process: str | None = None) -> bool:
        """Whether the run should end.

        So should one that was deleted, and one that another than this ``process`` trains.
        """
        columns = RUNS.c.stop_requested, RUNS.c.process
        with self.reading() as connection:
            row = connection.execute(sa.select(*columns).where(RUNS.c.id == run_id)).one_or_none()
        return row is None or row.stop_requested or (process is not None and row.process != process)

    def run(self, run_id: str) -> Run:
        """The run of this id. Raises UnknownRunError."""
        with self.reading() as connection:
            query = sa.select(*RUN_COLUMNS).where(RUNS.c.id == run_id)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise unknown_run(run_id)
        if row.deleted:
            raise UnknownRunError(f"run {quoted(run_id)} was deleted")
        try:
            return read_run(row)
        except ExperimentError as error:
            raise UnknownRunError(
                f"run {quoted(run_id)} has settings that are not taken any more: {error}"
            ) from error

    def runs(self, visitor: str | None = None, most: int | None = None) -> list[Run]:
        """All runs, or those of one visitor, the newest first."""
        query = sa.select(*RUN_COLUMNS).where(RUNS.c.deleted.is_(None))
        query = query.order_by(RUNS.c.created.desc(), RUNS.c.id).limit(most)
        return self._runs(query if visitor is None else query.where(RUNS.c.visitor == visitor))

    def active(self, visitor: str | None = None) -> list[Run]:
        """Runs that wait or train, or one visitor's, in the order in which they began to wait."""
        query = (
            sa.select(*RUN_COLUMNS)
            .where(RUNS.c.status.in_(ACTIVE))
            .order_by(RUNS.c.queued, RUNS.c.created)
        )
        return self._runs(query if visitor is None else query.where(RUNS.c.visitor == visitor))

    def count(self, visitor: str | None = None) -> int:
        """How many runs there are."""
        query = sa.select(sa.func.count()).select_from(RUNS).where(RUNS.c.deleted.is_(None))
        if visitor is not None:
            query = query.where(RUNS.c.visitor == visitor)
        with self.reading() as connection:
            return int(connection.scalar(query) or 0)

    def _change(
        self, run_id: str, to: Status, allowed: sa.ColumnElement[bool], **values: object
    ) -> bool:
        """Gives a run this status, where it may come into it and is ``allowed`` to; says whether.

        The values are those of further columns.
        """
        now = datetime.now(UTC)
        change = sa.update(RUNS).where(RUNS.c.id == run_id, RUNS.c.status.in_(before(to)), allowed)
        change = change.where(RUNS.c.deleted.is_(None))
        change = change.values(status=to, updated=now, **values)
        changed = sa.exists().where(RUNS.c.id == run_id, RUNS.c.status == to, RUNS.c.updated == now)

        def work(connection: sa.Connection) -> bool:
            # An answer that was lost on its way is asked for again: it is changed already.
            made = connection.execute(change).rowcount
            return bool(made or connection.scalar(sa.select(changed)))

        return self.writing(work)

    def _runs(self, query: sa.Select[Any]) -> list[Run]:
        with self.reading() as connection:
            return read_runs(connection.execute(query).fetchall())


def new_run(
    experiment: Experiment,
    visitor: str | None,
    process: str | None,
    labels: Labels = NO_LABELS,
) -> dict[str, Any]:
    """The columns of a run that begins to wait, or is about to be trained."""
    now = datetime.now(UTC)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().lower()
    run_id = f"{now:%Y%m%d-%H%M%S}-{secret}"
    return {
        **labels.as_columns(),
        **search_columns(run_id, experiment, labels),
        "id": run_id,
        "experiment": experiment.to_json(),
        "status": "running" if process else "queued",
        "visitor": visitor,
        "created": now,
        "queued": now,
        "updated": now,
        "total_steps": experiment.steps,
        "process": process,
    }
