"""Brings a store of an older release up to this one's tables, with Alembic.

A new store gets its tables at once. ``versions/`` has a file for each change since the first
release; ``VERSION`` names the last of them.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from models.store.tables import METADATA

VERSION = "0007"
TABLE = "alembic_version"
FOLDER = Path(__file__).parent


class NewerStoreError(sa.exc.SQLAlchemyError):
    """A newer release has written this store."""


def migrate(engine: sa.Engine) -> None:
    """Makes the tables what this release expects, wholly or not at all.

    Raises NewerStoreError, or what the database raises.
    """
    with engine.connect() as connection:
        if _version(connection) == VERSION:
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # Whoever opens a store at the same time waits here; SQLite has its write lock.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(7_013_029)))
        if _version(connection) == VERSION:
            return
        if sa.inspect(connection).has_table("runs"):
            _upgrade(connection)
        else:
            METADATA.create_all(connection)
            connection.execute(sa.text(f"CREATE TABLE {TABLE} (version_num VARCHAR(32) NOT NULL)"))
            insert = sa.text(f"INSERT INTO {TABLE} (version_num) VALUES (:version)")
            connection.execute(insert, {"version": VERSION})


def _version(connection: sa.Connection) -> str | None:
    """None where the store is new, or of the first release."""
    if not sa.inspect(connection).has_table(TABLE):
        return None
    version: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {TABLE}"))
    if version is not None and version > VERSION:
        raise NewerStoreError(
            f"a newer release has written this store (version {version}, this one has {VERSION}): "
            "update Memory Lab, or name another store"
        )
    return version


def _upgrade(connection: sa.Connection) -> None:
    # Imported here, since it is needed once in the life of a store.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, VERSION)
