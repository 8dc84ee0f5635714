"""Keeps the store small: the newest runs stay, older ones go, pinned ones never."""

from __future__ import annotations

from collections.abc import Collection

from models.settings.configuration import MEBIBYTE
from models.store import Store
from models.store.run import Run


def tidy(
    store: Store,
    keep_runs: int = 0,
    keep_megabytes: int = 0,
    only: Collection[str] | None = None,
) -> list[str]:
    """Deletes the runs that ``superfluous`` finds, of these ids where ``only`` is given.

    A run that was pinned or resumed since it was found stays. Returns the ids of those deleted.
    """
    found = [run.id for run in superfluous(store, keep_runs, keep_megabytes)]
    wanted = [run_id for run_id in found if only is None or run_id in only]
    return [run_id for run_id in wanted if store.delete(run_id, unless_kept=True)]


def superfluous(store: Store, keep_runs: int = 0, keep_megabytes: int = 0) -> list[Run]:
    """The oldest runs beyond so many, or beyond so many MiB in all, oldest first; 0 is no limit.

    Runs that wait or train stay, and so do pinned ones; they count all the same. Raises ValueError
    where a limit is below 0.
    """
    if keep_runs < 0 or keep_megabytes < 0:
        raise ValueError("what is kept can only be limited to 0 (all) or more")
    if not keep_runs and not keep_megabytes:
        return []
    runs = store.runs()
    sizes = store.sizes()
    excess = len(runs) - keep_runs if keep_runs else 0
    surplus = sum(sizes.values()) - keep_megabytes * MEBIBYTE if keep_megabytes else 0
    found = []
    for run in reversed(runs):
        if excess <= 0 and surplus <= 0:
            break
        if run.active or run.pinned:
            continue
        found.append(run)
        excess -= 1
        surplus -= sizes.get(run.id, 0)
    return found
