"""ZIP files from anywhere: unpacked in memory, up to a limit, whatever their headers say."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from models.settings.quoting import quoted

ENTRY = b"PK\x01\x02"
"""What every entry of a ZIP's directory starts with."""
MOST_ENTRIES = 100_000
"""That Python is asked to look at; any more are no mistake."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others unpack whole blocks at once, however large."""
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
"""What Python raises where the bytes of a ZIP contradict each other."""


class ZipError(ValueError):
    """What cannot be unpacked; the message says why, in one line."""


def unzipped(content: bytes, most_files: int, most_bytes: int) -> dict[str, bytes]:
    """The files by name, in the order of the directory, ``most_bytes`` at most in all.

    Folders are parts of names, with / between them. Raises ZipError, also where a name leads out of
    the ZIP or comes twice.
    """
    # Counted beforehand: Python would make an object of each. A file may hold the sign by chance.
    if content.count(ENTRY) > MOST_ENTRIES:
        raise ZipError(f"it holds far too many files: at most {most_files} belong in it")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, most_files)
            if sum(entry.file_size for entry in entries) > most_bytes:
                raise _too_large(most_bytes)
            return _read(archive, entries, most_bytes)
    except ZipError:
        raise
    except DAMAGED as error:
        raise ZipError("it is not a ZIP file, or a damaged one") from error


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
    """With / between its parts: some programs on Windows write backslashes."""
    return str(PurePosixPath(entry.filename.replace("\\", "/")))


def _leads_out(name: str) -> bool:
    folders = name.replace("\\", "/").split("/")
    return "\0" in name or name[1:2] == ":" or any(part in ("", "..") for part in folders)


def _read(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], most_bytes: int
) -> dict[str, bytes]:
    files, left = {}, most_bytes
    for entry in entries:
        with archive.open(entry) as file:
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise _too_large(most_bytes)
        files[_name(entry)] = content
    return files


def _too_large(most_bytes: int) -> ZipError:
    return ZipError(f"unpacked it is larger than {most_bytes / 10**6:.3g} MB")
