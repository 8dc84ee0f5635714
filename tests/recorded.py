"""Runs in a store as training leaves them, trained in this process."""

from __future__ import annotations

from collections.abc import Callable

from models.experiment import Experiment
from models.kernels.version import kernels_on
from models.store import Store
from models.store.environment import environment
from models.store.process import identity
from models.training.snapshot import Snapshot
from models.training.train import train


def measured(
    store: Store,
    experiment: Experiment,
    *,
    until: int | None = None,
    visitor: str | None = None,
    changed: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot,
) -> str:
    """A run with what training measures up to a step, by default to the end; still running.

    It is this process's from the start: no dashboard on this store trains it.
    """
    run = store.create(experiment, visitor, identity())
    store.begin(run, environment(kernels_on("cpu")), identity())
    for snapshot in train(experiment):
        if until is None or snapshot.step <= until:
            store.append(run, changed(snapshot), snapshot.step)
    return run


def finished(store: Store, experiment: Experiment, **how: object) -> str:
    """The same, finished."""
    run = measured(store, experiment, **how)  # type: ignore[arg-type]
    store.finish(run, "finished")
    return run
