"""The cores and the memory of the machine, or of the container around this process."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

import psutil

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Of glibc's mallopt(3)."""
ARENAS = 2
LARGE_BYTES = 2**20


def cores() -> int:
    """Returns the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes(cgroups: Path = CGROUPS, own: Path = OWN_CGROUPS) -> int:
    """Returns the bytes of memory that this process may use, less where a cgroup limits it.

    Reads ``memory.max`` (cgroup v2) and ``memory.limit_in_bytes`` (v1) of the process's own cgroups
    and of all around them: see cgroups(7).
    """
    return min((psutil.virtual_memory().total, *_limits(cgroups, own)))


def keep_little_memory() -> None:
    """Lets this process, of many threads, hand back to the system more of what it has freed.

    Its threads take memory from ARENAS stocks instead of from many: with a stock for each thread,
    what one has freed is of no use to the others (measured: 160 of 240 MiB in a dashboard with
    forty visitors). What is LARGE_BYTES or more is taken from none of them, and handed back at
    once. Other C libraries than glibc do not do that.
    """
    with suppress(OSError, TypeError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def _limits(cgroups: Path, own: Path) -> Iterator[int]:
    for file in _limit_files(cgroups, own):
        try:
            text = file.read_text().strip()
        except OSError:
            continue
        if text.isdigit():  # v2 says "max" for no limit
            yield int(text)


def _limit_files(cgroups: Path, own: Path) -> Iterator[Path]:
    try:
        lines = own.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, name = cgroups, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = cgroups / "memory", "memory.limit_in_bytes"
        else:
            continue
        # In a container the path may be the host's: its own cgroup is then the mounted root.
        inside = PurePosixPath(path.lstrip("/"))
        yield from (root / folder / name for folder in (inside, *inside.parents))
