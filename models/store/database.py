"""The database behind the store: SQLite or any other that SQLAlchemy speaks to.

Everything is one short transaction. What a full disk, a lock or a lost connection keeps from being
written is tried again for as long as the caller has patience; a transaction is written whole or not
at all.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from models.store.migrations import migrate

BUSY_SECONDS = 5.0
"""How long SQLite itself waits for a lock."""
RETRY_SECONDS = 0.5
FULL_BYTES = 2**20
"""A disk with less than this is full."""

NO_ANSWER = (DBAPIError, PoolTimeoutError)
"""What SQLAlchemy raises where the database fails."""

T = TypeVar("T")


class StoreError(Exception):
    """The store cannot be read or written now; the message says why, for people."""


class UnknownRunError(Exception):
    """What is asked for is not in the store, or this release cannot read it.

    The message says in one line which run it is, and what of it.
    """


class Database:
    """Opens the database, and brings its tables up to this release's. Raises StoreError."""

    def __init__(self, url: str, patience: float = 0.0) -> None:
        """``patience`` is how many seconds a write is tried again."""
        self.url = sa.make_url(url)
        self.patience = patience
        try:
            self._engine = _engine(self.url)
            migrate(self._engine)
        except (SQLAlchemyError, OSError, ImportError) as error:
            raise StoreError(
                f"the store cannot be opened ({self._reason(error)}): check MEMORY_LAB_STORE"
            ) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with. Raises StoreError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except NO_ANSWER as error:
            raise StoreError(self._reason(error)) from error

    def writing(self, work: Callable[[sa.Connection], T]) -> T:
        """What ``work`` returns, once its transaction is written. Raises StoreError.

        It may be called several times; only the last one counts.
        """
        end = time.monotonic() + self.patience
        while True:
            try:
                with writing(self._engine) as connection:
                    return work(connection)
            except NO_ANSWER as error:
                if time.monotonic() >= end or not _passes(error):
                    raise StoreError(self._reason(error)) from error
                time.sleep(RETRY_SECONDS)

    def close(self) -> None:
        """Gives every connection back."""
        self._engine.dispose()

    @property
    def file(self) -> Path | None:
        """Where SQLite keeps it."""
        sqlite = self.url.get_backend_name() == "sqlite"
        return Path(self.url.database) if sqlite and self.url.database else None

    @property
    def deleted(self) -> bool:
        """Whether SQLite's file was: what is written then still goes well, and nobody reads it."""
        return self.file is not None and not self.file.exists()

    def _reason(self, error: Exception) -> str:
        words = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        reason = words.splitlines()[0]
        if self.file and (reason == "database or disk is full" or self._disk_is_full()):
            return f"the disk of {self.file} is full: free some space"
        if "database is locked" in reason:
            return f"another program keeps {self.file} locked: end it, or wait"
        return reason

    def _disk_is_full(self) -> bool:
        if self.file is None or not self.file.parent.exists():
            return False
        return shutil.disk_usage(self.file.parent).free < FULL_BYTES


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that holds the write lock from its start."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    # Python's driver would begin transactions late, and never for a change of tables.
    connection.isolation_level = None
    # Readers then do not wait for the writer, nor the writer for them.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later could be refused the lock without a wait.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _passes(error: SQLAlchemyError) -> bool:
    """Whether it may be otherwise in a while: locks, full disks, servers that are away."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (sa.exc.OperationalError, PoolTimeoutError))
