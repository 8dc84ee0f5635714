"""Runs that are deleted: marked first, which can be undone, and later removed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from models.store.database import Database
from models.store.run import ACTIVE, RUN_COLUMNS, Run, is_there, read_runs
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS

UNDO_HOURS = 24
"""How long a deletion can be undone; housekeeping removes the run some time after that."""


class Deleting(Database):
    """Runs that go, and how much room they take."""

    def mark_deleted(self, run_ids: Collection[str]) -> int:
        """Takes runs off every list, for as long as nobody undoes it; returns how many.

        Those that wait or train stay.
        """
        ended = RUNS.c.status.not_in(ACTIVE)
        change = sa.update(RUNS).where(RUNS.c.id.in_(run_ids), RUNS.c.deleted.is_(None), ended)
        change = change.values(deleted=datetime.now(UTC))
        return self.writing(lambda connection: connection.execute(change).rowcount)

    def restore(self, run_ids: Collection[str]) -> int:
        """Undoes the deletion of runs that are not removed yet; returns how many."""
        change = sa.update(RUNS).where(RUNS.c.id.in_(run_ids), RUNS.c.deleted.is_not(None))
        change = change.values(deleted=None)
        return self.writing(lambda connection: connection.execute(change).rowcount)

    def deleted(self, visitor: str | None = None, expired: bool = False) -> list[Run]:
        """Runs that are marked as deleted, the earliest first; those too long ago to be undone."""
        query = sa.select(*RUN_COLUMNS).where(RUNS.c.deleted.is_not(None))
        query = query.order_by(RUNS.c.deleted, RUNS.c.id)
        if visitor is not None:
            query = query.where(RUNS.c.visitor == visitor)
        if expired:
            query = query.where(RUNS.c.deleted < datetime.now(UTC) - timedelta(hours=UNDO_HOURS))
        with self.reading() as connection:
            return read_runs(connection.execute(query).fetchall())

    def delete(self, run_id: str, unless_kept: bool = False) -> bool:
        """Removes the run and all that it measured; says whether it is gone.

        With ``unless_kept`` it stays where it waits, trains or is pinned.
        """
        kept = sa.or_(RUNS.c.pinned, RUNS.c.status.in_(ACTIVE))
        return self._remove(run_id, sa.not_(kept) if unless_kept else sa.true())

    def remove_marked(self, run_id: str) -> bool:
        """Removes the run if it is still marked as deleted; says whether it is gone."""
        return self._remove(run_id, RUNS.c.deleted.is_not(None))

    def _remove(self, run_id: str, allowed: sa.ColumnElement[bool]) -> bool:
        def work(connection: sa.Connection) -> bool:
            # The run first: whoever adds to it meanwhile is waited for, or finds it gone.
            connection.execute(sa.delete(RUNS).where(RUNS.c.id == run_id, allowed))
            if is_there(connection, run_id):
                return False
            for table in (*ROWS.values(), PROFILES, WEIGHTS, SHARDS):
                connection.execute(sa.delete(table).where(table.c.run == run_id))
            return True

        return self.writing(work)

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
