"""Runs in the store: made, queued, trained, ended, resumed, kept or deleted."""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import sqlalchemy as sa

from models.experiment import Experiment, ExperimentError
from models.settings.quoting import quoted
from models.store.database import Database, UnknownRunError
from models.store.run import ACTIVE, BROKEN_OFF, Run, Status, read_run
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS

SECRET_BYTES = 10

log = logging.getLogger("memory_lab.results.runs")


class NotOursError(Exception):
    """Somebody else trains the run by now, or nobody may."""


class Runs(Database):
    """The life of every run."""

    def create(
        self,
        experiment: Experiment,
        visitor: str | None = None,
        process: str | None = None,
        **more: object,
    ) -> str:
        """A new run, which waits; or, with a ``process``, is about to be trained by that.

        Returns its id. ``more`` are further columns of the table of runs.
        """
        values = new_run(experiment, visitor, process) | more
        self.writing(lambda connection: connection.execute(sa.insert(RUNS).values(**values)))
        run_id: str = values["id"]
        return run_id

    def begin(
        self, run_id: str, environment: Mapping[str, str], process: str, processes: int
    ) -> int:
        """The run trains from now on, in this process and environment.

        Returns among how many processes its models are shared out: as when it began first.
        Raises NotOursError where somebody else has taken the run.
        """
        ours = sa.and_(
            RUNS.c.status.in_(ACTIVE), sa.or_(RUNS.c.process.is_(None), RUNS.c.process == process)
        )
        changed = self._change(
            run_id,
            ours,
            status="running",
            started=datetime.now(UTC),
            environment=dict(environment),
            process=process,
            processes=sa.func.coalesce(RUNS.c.processes, processes),
            steps_at_start=RUNS.c.done_steps,
        )
        if not changed:
            raise NotOursError(f"run {run_id} is not waiting for process {process}")
        return self.run(run_id).processes or processes

    def finish(
        self, run_id: str, status: Status, message: str = "", process: str | None = None
    ) -> bool:
        """The run has ended, one way or another; says whether it was going, and ours.

        With ``process`` it must be this one that trains it.
        """
        if status not in get_args(Status) or status in ACTIVE:
            raise ValueError(f"{status!r} is not how a run ends")
        ours: sa.ColumnElement[bool] = RUNS.c.status.in_(ACTIVE)
        if process is not None:
            ours = sa.and_(ours, RUNS.c.process == process)
        now = datetime.now(UTC)
        change = sa.update(RUNS).where(RUNS.c.id == run_id, ours)
        change = change.values(
            status=status, message=message, finished=now, updated=now, process=None
        )

        def work(connection: sa.Connection) -> bool:
            ended = connection.execute(change).rowcount > 0
            if ended and status == "finished":
                connection.execute(sa.delete(SHARDS).where(SHARDS.c.run == run_id))
            return ended

        return self.writing(work)

    def resume(self, run_id: str, process: str | None = None) -> bool:
        """Puts a run that was broken off back into the queue; says whether it was.

        With a ``process``, it is about to be trained by that.
        """
        return self._change(
            run_id,
            RUNS.c.status.in_(BROKEN_OFF),
            status="running" if process else "queued",
            process=process,
            queued=datetime.now(UTC),
            message="",
            finished=None,
            stop_requested=False,
            resumed=RUNS.c.resumed + 1,
        )

    def heartbeat(self, runs: Collection[str]) -> None:
        """Their trainers are alive."""
        if runs:
            statement = sa.update(RUNS).where(RUNS.c.id.in_(runs))
            statement = statement.values(updated=datetime.now(UTC))
            self.writing(lambda connection: connection.execute(statement))

    def request_stop(self, run_id: str) -> None:
        """Asks the run's trainer to end soon."""
        statement = sa.update(RUNS).where(RUNS.c.id == run_id).values(stop_requested=True)
        self.writing(lambda connection: connection.execute(statement))

    def stop_requested(self, run_id: str, process: str | None = None) -> bool:
        """Whether the run should end; one that was deleted should, or that another process has."""
        columns = RUNS.c.stop_requested, RUNS.c.process
        with self.reading() as connection:
            row = connection.execute(sa.select(*columns).where(RUNS.c.id == run_id)).one_or_none()
        return row is None or row.stop_requested or (process is not None and row.process != process)

    def pin(self, run_id: str, pinned: bool) -> None:
        """Whether housekeeping leaves the run alone. Raises UnknownRunError."""
        statement = sa.update(RUNS).where(RUNS.c.id == run_id).values(pinned=pinned)
        if not self.writing(lambda connection: connection.execute(statement).rowcount):
            raise _unknown(run_id)

    def run(self, run_id: str) -> Run:
        """The run of this id. Raises UnknownRunError."""
        with self.reading() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run_id)).one_or_none()
        if row is None:
            raise _unknown(run_id)
        try:
            return read_run(row)
        except ExperimentError as error:
            raise UnknownRunError(
                f"run {quoted(run_id)} has settings that are not taken any more: {error}"
            ) from error

    def runs(self, visitor: str | None = None, most: int | None = None) -> list[Run]:
        """All runs, or those of one visitor, the newest first."""
        query = sa.select(RUNS).order_by(RUNS.c.created.desc(), RUNS.c.id).limit(most)
        return self._runs(query if visitor is None else query.where(RUNS.c.visitor == visitor))

    def active(self, visitor: str | None = None) -> list[Run]:
        """Runs that wait or train, or one visitor's, in the order in which they began to wait."""
        query = (
            sa.select(RUNS).where(RUNS.c.status.in_(ACTIVE)).order_by(RUNS.c.queued, RUNS.c.created)
        )
        return self._runs(query if visitor is None else query.where(RUNS.c.visitor == visitor))

    def count(self, visitor: str | None = None) -> int:
        """How many runs there are."""
        query = sa.select(sa.func.count()).select_from(RUNS)
        if visitor is not None:
            query = query.where(RUNS.c.visitor == visitor)
        with self.reading() as connection:
            return int(connection.scalar(query) or 0)

    def sizes(self) -> dict[str, int]:
        """Bytes that each run takes, about, with its checkpoints; the newest run first."""
        saved = (
            sa.select(SHARDS.c.run, sa.func.sum(sa.func.length(SHARDS.c.checkpoint)).label("bytes"))
            .group_by(SHARDS.c.run)
            .subquery()
        )
        query = (
            sa.select(RUNS.c.id, (RUNS.c.size + sa.func.coalesce(saved.c.bytes, 0)).label("bytes"))
            .outerjoin(saved, saved.c.run == RUNS.c.id)
            .order_by(RUNS.c.created.desc(), RUNS.c.id)
        )
        with self.reading() as connection:
            return {row.id: int(row.bytes) for row in connection.execute(query)}

    def delete(self, run_id: str) -> None:
        """Removes the run and all that it measured."""

        def work(connection: sa.Connection) -> None:
            for table in (*ROWS.values(), PROFILES, WEIGHTS, SHARDS):
                connection.execute(sa.delete(table).where(table.c.run == run_id))
            connection.execute(sa.delete(RUNS).where(RUNS.c.id == run_id))

        self.writing(work)

    def _change(self, run_id: str, allowed: sa.ColumnElement[bool], **values: object) -> bool:
        """Changes the run where it is as it must be; says whether it was."""
        statement = sa.update(RUNS).where(RUNS.c.id == run_id, allowed)
        statement = statement.values(updated=datetime.now(UTC), **values)
        return self.writing(lambda connection: connection.execute(statement).rowcount > 0)

    def _runs(self, query: sa.Select[Any]) -> list[Run]:
        with self.reading() as connection:
            rows = connection.execute(query).fetchall()
        return [run for row in rows if (run := _readable(row))]


def _unknown(run_id: str) -> UnknownRunError:
    return UnknownRunError(f"there is no run {quoted(run_id)} in this store")


def _readable(row: sa.Row[Any]) -> Run | None:
    try:
        return read_run(row)
    except ExperimentError as error:
        log.warning("run left out: %s", error, extra={"run": row.id})
        return None


def new_run(experiment: Experiment, visitor: str | None, process: str | None) -> dict[str, Any]:
    """The columns of a run that begins to wait, or is about to be trained."""
    now = datetime.now(UTC)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().lower()
    return {
        "id": f"{now:%Y%m%d-%H%M%S}-{secret}",
        "experiment": experiment.to_json(),
        "status": "running" if process else "queued",
        "visitor": visitor,
        "created": now,
        "queued": now,
        "updated": now,
        "total_steps": experiment.steps,
        "process": process,
    }
