"""Keeps the store small: the newest runs stay, older ones go, pinned ones never."""

from __future__ import annotations

from models.settings.configuration import MEBIBYTE
from models.store import Store


def tidy(store: Store, keep_runs: int = 0, keep_megabytes: int = 0) -> list[str]:
    """Deletes the oldest runs beyond so many, or beyond so many MiB in all; 0 keeps all.

    Runs that wait or train stay, and so do pinned ones; they count all the same. Returns the ids
    of the runs that are gone.
    """
    if not keep_runs and not keep_megabytes:
        return []
    runs = store.runs()
    sizes = store.sizes()
    excess = len(runs) - keep_runs if keep_runs else 0
    surplus = sum(sizes.values()) - keep_megabytes * MEBIBYTE if keep_megabytes else 0
    gone = []
    for run in reversed(runs):
        if excess <= 0 and surplus <= 0:
            break
        if run.going or run.pinned:
            continue
        store.delete(run.id)
        gone.append(run.id)
        excess -= 1
        surplus -= sizes.get(run.id, 0)
    return gone
