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
    """Removes the runs that ``superfluous`` finds, of these ids where ``only`` is given.

    A run that was pinned, resumed or restored since it was found stays. Returns the ids of those
    removed.
    """
    found = superfluous(store, keep_runs, keep_megabytes)
    wanted = [run for run in found if only is None or run.id in only]
    return [run.id for run in wanted if _remove(store, run)]


def _remove(store: Store, run: Run) -> bool:
    if run.deleted:
        return store.remove_marked(run.id)
    return store.delete(run.id, unless_kept=True)


def superfluous(store: Store, keep_runs: int = 0, keep_megabytes: int = 0) -> list[Run]:
    """Deleted runs too long ago to be undone, and those beyond so many runs, or MiB; 0 is no limit.

    Where there are too many MiB, deleted runs go first, then the oldest. Runs that wait or train
    stay, and so do pinned ones; they count all the same. Raises ValueError where a limit is below
    0.
    """
    if keep_runs < 0 or keep_megabytes < 0:
        raise ValueError("what is kept can only be limited to 0 (all) or more")
    found = store.deleted(expired=True)
    if not keep_runs and not keep_megabytes:
        return found
    runs = store.runs()
    sizes = store.sizes()
    excess = len(runs) - keep_runs if keep_runs else 0
    surplus = sum(sizes.values()) - keep_megabytes * MEBIBYTE if keep_megabytes else 0
    surplus -= sum(sizes.get(run.id, 0) for run in found)
    known = {run.id for run in found}
    for run in store.deleted():
        if surplus <= 0:
            break
        if run.id not in known:
            found.append(run)
            surplus -= sizes.get(run.id, 0)
    for run in reversed(runs):
        if excess <= 0 and surplus <= 0:
            break
        if run.active or run.pinned:
            continue
        found.append(run)
        excess -= 1
        surplus -= sizes.get(run.id, 0)
    return found
