"""The file of an SQLite store, which somebody may move, delete or replace while it is open.

SQLite notices none of that: it keeps writing to the file that it has opened, which is then lost;
and it takes the ``-wal`` file at a path, with the latest writes, for that of whatever file stands
there.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from models.store.errors import StoreError

FileId = tuple[int, int]
"""Device and inode: a file keeps them when it is moved on its disk, and shares them with none."""
NOWHERE = ("", ":memory:")
"""How SQLAlchemy names an SQLite database that is in no file."""


def sqlite_path(url: sa.URL) -> Path | None:
    """The absolute path of an SQLite database; None of one that is in no file, or not SQLite's."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in NOWHERE or name.startswith("file:"):
        return None
    return Path(name).absolute()


class SQLiteFile:
    """The path of a store, and which file it was that was opened there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: FileId | None = None
        self._beside: set[FileId] = set()

    def create(self) -> None:
        """Makes the file and its folder where they are missing. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.path.touch()

    def look(self) -> FileId:
        """Which file stands at the path now.

        Raises StoreError where there is none that could be opened, and where it would be opened
        with the latest writes of another.
        """
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreError(
                f"the store {self.path} is not there any more, it was moved, deleted or unmounted: "
                "put it back, or restart the app to begin a new one"
            ) from error
        except OSError as error:
            raise StoreError(
                f"the store {self.path} cannot be reached ({error.strerror}): see to it, or "
                "restart the app with another one"
            ) from error
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{self.path} is no file any more: put the store back in its place")
        return self._checked(_id(found))

    def was_opened(self, file: FileId) -> bool:
        """Whether this is the file that was opened."""
        return file == self._opened

    def note_opened(self, file: FileId) -> None:
        """This file is open from now on."""
        self._opened, self._beside = file, self._ids_beside()

    def _checked(self, file: FileId) -> FileId:
        beside = self._ids_beside()
        if self._opened in (None, file):
            self._beside = beside
        elif beside & self._beside:
            wal, shm = map(os.path.basename, self._paths_beside())
            raise StoreError(
                f"another file stands in the place of the store {self.path}, beside the former's "
                f"latest writes: put the former back, or move {wal} and {shm} away"
            )
        return file

    def _paths_beside(self) -> tuple[str, str]:
        """SQLite keeps the latest writes in the first, and where they are in the second."""
        # Beside the file itself, where the path is a link to it.
        real = self.path.resolve() if self.path.is_symlink() else self.path
        return f"{real}-wal", f"{real}-shm"

    def _ids_beside(self) -> set[FileId]:
        found = set()
        for path in self._paths_beside():
            with suppress(FileNotFoundError):
                found.add(_id(os.stat(path)))
        return found


def _id(found: os.stat_result) -> FileId:
    return found.st_dev, found.st_ino
