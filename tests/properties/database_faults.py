"""A database that fails once: refused, lost on the way, or without an answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from hypothesis import strategies as st

from models.store import Store

MOST_STATEMENTS = 7
"""What a change says to the database, about."""


@dataclass(frozen=True)
class Fault:
    """What befalls a change."""

    kind: str
    """``refused`` as by a full disk, ``lost`` on its way, or ``unanswered`` when it is made."""
    number: int
    """Which of its statements is refused or lost; what is unanswered is its last word."""
    patient: bool
    """Whether the change is tried again."""


KINDS = ("refused", "lost", "unanswered")
FAULTS = st.one_of(
    st.none(),
    st.builds(
        Fault,
        st.sampled_from(KINDS),
        st.integers(0, MOST_STATEMENTS - 1),
        st.booleans(),
    ),
)


class Faults:
    """Makes one thing that a store says to its database fail."""

    def __init__(self, store: Store) -> None:
        self._dialect: Any = store._engine.dialect
        self._next: Fault | None = None
        self._said = 0
        saying = dict.fromkeys(
            ("do_execute", "do_executemany", "do_execute_no_params"), self._before
        )
        for name, failing in {**saying, "do_commit": self._after}.items():
            setattr(self._dialect, name, failing(getattr(self._dialect, name)))

    @contextmanager
    def befall(self, fault: Fault | None) -> Iterator[None]:
        """Once, of what is said meanwhile."""
        self._next, self._said = fault, 0
        try:
            yield
        finally:
            self._next = None

    def _before(self, say: Callable[..., None]) -> Callable[..., None]:
        def said(cursor: Any, *more: Any) -> None:
            fault = self._next
            if fault and fault.kind != "unanswered" and fault.number == self._said:
                self._fail(cursor.connection, fault)
            self._said += 1
            say(cursor, *more)

        return said

    def _after(self, commit: Callable[[Any], None]) -> Callable[[Any], None]:
        def committed(connection: Any) -> None:
            commit(connection)
            if self._next and self._next.kind == "unanswered":
                self._fail(connection, self._next)

        return committed

    def _fail(self, connection: Any, fault: Fault) -> None:
        self._next = None
        if self._dialect.name == "sqlite":
            raise sqlite3.OperationalError("database is locked")
        if fault.kind == "refused":
            raise psycopg.errors.DiskFull("could not extend file: No space left on device")
        getattr(connection, "driver_connection", connection).close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")
