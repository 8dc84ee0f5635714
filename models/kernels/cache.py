"""Where compiled kernels are kept from one process to the next."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def cache_folder() -> str | None:
    """Returns the folder of this version's machine code; None where nothing can be written.

    It is named by what the code is made of and by: numba itself looks at the file of a function
    alone, not at those that it calls. And by where this program lies: numba finds nothing that
    another copy of it has compiled.
    """
    here = Path(__file__).resolve().parent
    made_of = [source.read_bytes() for source in sorted(here.glob("*.py"))]
    made_by = f"{version('numba')} {platform.processor() or platform.machine()} {here}"
    digest = hashlib.sha256(b"".join([*made_of, made_by.encode()])).hexdigest()
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        folder = home / "memory-lab" / f"kernels-{digest[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, or no home
        return None
    return str(folder) if os.access(folder, os.W_OK) else None


def is_compiled(cell: str) -> bool:
    """Returns whether ``note_compiled`` was called for this cell."""
    return _mark(cell).exists()


def note_compiled(cell: str) -> None:
    """Notes that all that a cell needs is in the cache."""
    _mark(cell).touch()


def _mark(cell: str) -> Path:
    return Path(cache_folder() or "") / f"{cell.replace(':', ' ')}.compiled"
