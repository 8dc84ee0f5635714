"""A disk so small that a test can fill it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

SIZE = "16m"
BLOCK = b"\0" * 4096


@contextmanager
def small_disk(folder: Path, size: str = SIZE) -> Iterator[Path]:
    """Mounts a file system in memory on the folder; skips the test where nobody may."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"no small disk: {done.stderr.strip()}"
        if os.environ.get("CI") and os.geteuid() == 0:
            pytest.fail(message)
        pytest.skip(message)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is left on it meanwhile."""
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        _fill(filler)
    try:
        yield
    finally:
        filler.unlink()


def _fill(filler: Path) -> NoReturn:
    with filler.open("wb", buffering=0) as file:
        while True:
            file.write(BLOCK)
