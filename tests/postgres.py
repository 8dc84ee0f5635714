"""A Postgres server for the tests, from Debian's package, gone when they are."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

PACKAGES = Path("/usr/lib/postgresql")
SECONDS = 60
"""How long the server may take to start, and to stop."""
FAST = ["--fsync=off", "--full_page_writes=off"]
FAR_AWAY = "--timezone=Asia/Kathmandu"
"""So that times are told in another zone than they are kept in."""


def programs() -> Path | None:
    """The folder with the newest installed server's programs."""
    found = sorted(PACKAGES.glob("*/bin/postgres"), key=lambda file: float(file.parts[-3]))
    return found[-1].parent if found else None


@dataclass(frozen=True)
class Postgres:
    """A server that listens on a socket in this folder alone, with a superuser without password."""

    folder: Path

    @contextmanager
    def database(self) -> Iterator[str]:
        """The SQLAlchemy URL of a fresh, empty database, which is dropped afterwards."""
        name = f"memory_lab_{secrets.token_hex(8)}"
        self._execute("CREATE DATABASE {}", name)
        try:
            url = sa.URL.create(
                "postgresql+psycopg", "postgres", database=name, query={"host": str(self.folder)}
            )
            yield url.render_as_string()
        finally:
            self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def answers(self) -> bool:
        """Whether the server can be used by now."""
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: str, *names: str) -> None:
        server = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """Starts a server with no data. Raises RuntimeError, with its log, where it does not start."""
    folder = Path(tempfile.mkdtemp(prefix="memory_lab_postgres_"))
    try:
        if user := _user():
            shutil.chown(folder, user)
        data = folder / "data"
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
        _run([programs / "initdb", "--no-sync", *options, "--pgdata", data], folder)
        with _serving(programs / "postgres", data, folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(program: Path, data: Path, folder: Path) -> Iterator[Postgres]:
    settings = [f"--unix_socket_directories={folder}", "--listen_addresses=", FAR_AWAY, *FAST]
    # It also ends where the tests are killed.
    command = ["setpriv", "--pdeathsig", "INT", str(program), "-D", str(data), *settings]
    server = Postgres(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, user=_user(), cwd=folder)
    try:
        until = time.monotonic() + SECONDS
        while not server.answers():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Postgres does not start:\n{(folder / 'log').read_text()}")
            time.sleep(0.05)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # "fast": clients are cut off
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, user=_user(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr}")


def _user() -> str | None:
    """Postgres refuses to run as root: Debian has a user for it."""
    return "postgres" if os.geteuid() == 0 else None
