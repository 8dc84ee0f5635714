"""Runs that are marked as training but have no process: found, and closed with what they have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from models.store import Store
from models.store.process import is_gone, is_here
from models.store.run import Run

SILENT_SECONDS = 120.0
"""How long a process of another machine, or an unknown one, may say nothing before it is gone."""
GONE = "its trainer is gone"
"""The reason that a lost run is ended with."""


def close_lost_runs(store: Store, but: Collection[str] = ()) -> list[str]:
    """Ends every run whose process is gone as interrupted, ``but`` these; returns their ids.

    A run that waits is not lost: any dashboard on this store takes it up.
    """
    going = [run for run in store.active() if run.id not in but]
    lost = [run for run in going if run.status == "running" and _is_lost(run)]
    return [run.id for run in lost if store.finish(run.id, "interrupted", GONE, run.process)]


def _is_lost(run: Run) -> bool:
    if run.process and is_here(run.process):
        return is_gone(run.process)
    return datetime.now(UTC) - run.updated > timedelta(seconds=SILENT_SECONDS)
