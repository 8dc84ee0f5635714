"""What running processes take. Linux only.

Memory is PSS: what a process has for itself, plus its share of what it has in common with others,
so that a sum over processes counts nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psutil


def cpu_seconds(process: int) -> float:
    """That one process has taken so far, on all cores."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def mebibytes(process: int) -> float:
    """Of one process; 0 where it is gone."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def mebibytes_of_tree(process: int) -> float:
    """Of a process and all below it."""
    return sum(mebibytes(one) for one in _tree(process))


def started_with(variable: str, value: str) -> list[psutil.Process]:
    """All that had this in their environment when they were started, and that have not ended."""
    return [one for one in psutil.process_iter() if _variable(one, variable) == value]


def _variable(process: psutil.Process, name: str) -> str | None:
    try:
        found: str | None = process.environ().get(name)
    except (psutil.Error, OSError):  # gone meanwhile, a zombie, or somebody else's
        return None
    return found


def _tree(process: int) -> Iterator[int]:
    yield process
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = listed.read_text().split()
        except OSError:  # gone meanwhile
            continue
        for child in children:
            yield from _tree(int(child))
