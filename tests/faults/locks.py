"""Another program that keeps the store's database to itself."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa

from models.store import Store
from tests.faults.victims import wait_until


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Nobody else can write meanwhile; in Postgres, not even read which runs there are."""
    if store.file:
        with closing(sqlite3.connect(store.file, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")
    else:
        with connected(store) as other, other.begin():
            other.execute(sa.text("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE"))
            yield


def cut_off_all(store: Store) -> int:
    """Ends every connection to the Postgres database, as a restart does; returns how many."""
    query = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with connected(store) as other:
        return len(other.execute(query).all())


def restart_server(store: Store) -> None:
    """Makes the Postgres server end all its processes and recover, as when one of them crashes."""
    with connected(store) as other:
        os.kill(other.scalar(sa.text("SELECT pg_backend_pid()")) or 0, signal.SIGKILL)
        with pytest.raises(sa.exc.OperationalError):
            other.execute(sa.text("SELECT 1"))
    wait_until(lambda: _answers(store))


def _answers(store: Store) -> bool:
    try:
        with connected(store):
            return True
    except sa.exc.OperationalError:
        return False


@contextmanager
def connected(store: Store) -> Iterator[sa.Connection]:
    engine = sa.create_engine(store.url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection
