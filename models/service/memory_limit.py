"""A hard limit on the memory of this process, so that it and nothing else dies of too much."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from models.settings.configuration import MEBIBYTE

RESERVED_MEGABYTES = 2048
"""Writable memory that PyTorch reserves and hardly touches (measured: 1.1 GiB)."""
FIRST_TO_DIE = "1000"


def limit_memory(megabytes: int) -> None:
    """From now on allocations fail above so many MiB, of this process and of each that it forks.

    Where memory runs out all the same, Linux ends this process before others (oom_score_adj).
    What processes take together is for whoever started them to watch. Elsewhere than on Unix there
    is no such limit.
    """
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = (megabytes + RESERVED_MEGABYTES) * MEBIBYTE
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS knows the limit, but refuses to set it
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_DIE)
