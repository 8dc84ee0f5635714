"""ZIP files from anywhere: read entry by entry, up to a limit, whatever their headers say."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

from models.settings.quoting import quoted

ENTRY = b"PK\x01\x02"
"""The bytes with which every entry of a ZIP's directory starts."""
MOST_ENTRIES = 100_000
"""How many entries Python is asked to look at; any more are no mistake."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods that are read; others unpack whole blocks at once, however large."""
ENCRYPTED = 0x1


DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
    RuntimeError,
)
"""The errors that Python raises where the bytes of a ZIP contradict each other."""


class ZipError(ValueError):
    """A ZIP that cannot be unpacked; the message says why, in one line."""


@dataclass(frozen=True)
class Source:
    """A file that can be read several times, on the disk or in a ZIP."""

    size: int
    """Bytes, unpacked: reading gives no more."""
    open: Callable[[], IO[bytes]]
    """Reads from the start."""


def unzipped(
    file: IO[bytes], most_files: int, most_bytes: int, beside: int = 0
) -> dict[str, Source]:
    """Returns the files in a ZIP by name, in the order of the directory.

    Unpacked they have ``most_bytes`` at most in all, with those ``beside`` the ZIP. Folders are
    parts of names, with / between them. ``file`` has to stay open while they are read. Raises
    ZipError, also where a name leads out of the ZIP or comes twice; so does reading a file that is
    damaged.
    """
    # Counted beforehand: Python would make an object of each. A file may hold the sign by chance.
    if sum(block.count(ENTRY) for block in iter(partial(file.read, 2**20), b"")) > MOST_ENTRIES:
        raise ZipError(f"it holds far too many files: at most {most_files} belong in it")
    with _zip_errors():
        archive = zipfile.ZipFile(file)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check(entries, most_files)
    # What an entry unpacks to beyond the size that it states is not read.
    if beside + sum(entry.file_size for entry in entries) > most_bytes:
        raise ZipError(f"unpacked it is larger than {most_bytes / 10**6:.3g} MB")
    return {
        _name(entry): Source(entry.file_size, partial(_open, archive, entry)) for entry in entries
    }


def _check(entries: list[zipfile.ZipInfo], most_files: int) -> None:
    if len(entries) > most_files:
        raise ZipError(f"it holds {len(entries)} files: at most {most_files} belong in it")
    names = set()
    for entry in entries:
        # ``filename`` is cut at a NUL.
        shown, name = quoted(entry.orig_filename), _name(entry)
        if _leads_out(entry.orig_filename):
            raise ZipError(f"{shown} is no name of a file in it: put the files themselves into it")
        if name in names:
            raise ZipError(f"it holds {shown} twice")
        if entry.flag_bits & ENCRYPTED:
            raise ZipError(f"{shown} is encrypted: pack it without a password")
        if entry.compress_type not in METHODS:
            raise ZipError(f"{shown} is compressed in an unusual way: use the common one, deflate")
        names.add(name)


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name with / between its parts: some programs on Windows write backslashes."""
    return str(PurePosixPath(entry.filename.replace("\\", "/")))


def _leads_out(name: str) -> bool:
    folders = name.replace("\\", "/").split("/")
    return "\0" in name or name[1:2] == ":" or any(part in ("", "..") for part in folders)


def _open(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    with _zip_errors():
        return io.BufferedReader(_Entry(archive.open(entry)))


class _Entry(io.RawIOBase):
    """The content of an entry; reading raises ZipError where it is damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _zip_errors():
            content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except ZipError:
        raise
    except DAMAGED as error:
        raise ZipError("it is not a ZIP file, or a damaged one") from error
