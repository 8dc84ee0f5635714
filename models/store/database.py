"""The database behind the store: SQLite or any other that SQLAlchemy speaks to.

Everything is one short transaction. What a full disk, a lock or a lost connection keeps from being
written is tried again for as long as the caller has patience; a transaction is written whole or not
at all. Before each, the database is looked for: it is never written to a file that is lost.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from models.store.errors import StoreError
from models.store.migrations import NewerStoreError, migrate
from models.store.sqlite_file import SQLiteFile, sqlite_path

BUSY_SECONDS = 5.0
"""How long SQLite itself waits for a lock."""
RETRY_SECONDS = 0.5
"""How long a write waits before it is tried again."""
FULL_BYTES = 2**20
"""A disk with less than this is full."""

NO_ANSWER = (DBAPIError, PoolTimeoutError, NewerStoreError)
"""What SQLAlchemy and the migrations raise where the database fails."""
CAUSES = {
    "database or disk is full": "the disk of {file} is full: free some space",
    "database is locked": "another program keeps {file} locked: end it, or wait",
    "unable to open database file": "{file} cannot be opened: see that it may be read and written",
    "readonly database": "{file} may not be written: change its permissions",
}
"""Parts of SQLite's messages, and what they mean to people."""

T = TypeVar("T")


class Database:
    """A database whose tables are those of this release.

    It is opened when it is made, and again whenever another one has come into its place.
    """

    def __init__(self, url: str, patience: float = 0.0, must_exist: bool = False) -> None:
        """``patience`` is how many seconds a write is tried again.

        An SQLite file that is missing is made, unless it ``must_exist``. Raises StoreError.
        """
        self.url = sa.make_url(url)
        self.patience = patience
        path = sqlite_path(self.url)
        self._file = SQLiteFile(path) if path else None
        self._doubted = True
        try:
            if self._file and not must_exist:
                self._file.create()
            self._engine = _engine(self.url)
            self._opened()
        except (SQLAlchemyError, OSError, ImportError) as error:
            raise StoreError(
                f"the store cannot be opened ({self._reason(error)}): check MEMORY_LAB_STORE"
            ) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with. Raises StoreError."""
        try:
            with self._opened().connect() as connection:
                yield connection
        except NO_ANSWER as error:
            self._doubted = True
            raise StoreError(self._reason(error)) from error

    def writing(self, work: Callable[[sa.Connection], T]) -> T:
        """What ``work`` returns, once its transaction is written.

        It may be called several times, even where all was written and only the answer was lost:
        its last call must do no harm to what an earlier one did. Raises StoreError.
        """
        end = time.monotonic() + self.patience
        while True:
            try:
                with writing(self._opened()) as connection:
                    # The file may have been moved while the lock was waited for.
                    if self._is_in_place():
                        return work(connection)
            except NO_ANSWER as error:
                self._doubted = True
                if time.monotonic() >= end or not _passes(error):
                    raise StoreError(self._reason(error)) from error
                time.sleep(RETRY_SECONDS)

    def close(self) -> None:
        """Gives every connection back; the next transaction opens new ones."""
        self._engine.dispose()

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None of any other."""
        return self._file.path if self._file else None

    def _opened(self) -> sa.Engine:
        """The engine, with this release's tables in the database that is there now.

        Raises StoreError where SQLite's file is gone, and what the database raises.
        """
        try:
            file = self._file.look() if self._file else None
            if self._file and file and not self._file.was_opened(file):
                self._forget()
            if self._doubted:
                migrate(self._engine)
                if self._file and file:
                    self._file.note_opened(file)
                self._doubted = False
        except Exception:
            self._forget()
            raise
        return self._engine

    def _forget(self) -> None:
        """Lets go of the database that was there, and looks at the next before it is used."""
        self._engine.dispose()
        self._doubted = True

    def _is_in_place(self) -> bool:
        """Whether SQLite's file still stands where it was opened. Raises StoreError."""
        return self._file is None or self._file.was_opened(self._file.look())

    def _reason(self, error: Exception) -> str:
        words = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        reason = words.splitlines()[0]
        if not self.file:
            return reason
        if self._disk_is_full():
            reason = "database or disk is full"
        for sign, cause in CAUSES.items():
            if sign in reason:
                return cause.format(file=self.file)
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
    if path := sqlite_path(url):
        # A file that somebody moves away must not be made anew, empty.
        url = url.set(database=path.as_uri()).update_query_dict({"mode": "rw", "uri": "true"})
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    # Python's driver would begin transactions late, and never for a change of tables.
    connection.isolation_level = None
    # Readers then do not wait for the writer, nor the writer for them.
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")


def _write_ahead(connection: Any) -> None:
    """Turns write-ahead logging on.

    SQLite does not wait for others who do that at the same moment, as when several open a new file.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later could be refused the lock without a wait.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _passes(error: SQLAlchemyError) -> bool:
    """Whether it may be otherwise in a while: locks, full disks, servers that are away."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (sa.exc.OperationalError, PoolTimeoutError))
