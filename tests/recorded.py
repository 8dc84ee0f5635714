"""Runs in a store as training leaves them, trained in this process."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from models.experiment import Experiment
from models.kernels.version import kernels_on
from models.store import Store
from models.store.environment import environment
from models.store.errors import UnknownRunError
from models.store.labels import NO_LABELS
from models.store.process import identity
from models.store.run_search import search_columns
from models.training.snapshot import Snapshot
from models.training.train import train


def measured(
    store: Store,
    experiment: Experiment,
    *,
    until: int | None = None,
    visitor: str | None = None,
    changed: Callable[[Snapshot], Snapshot] | None = None,
) -> str:
    """A run with what training measures up to a step, by default to the end; still running.

    It is this process's from the start: no dashboard on this store trains it. The first of an
    experiment has the same id in every store, so that pages make its figures once for all tests; a
    test that changes what was measured takes an experiment of its own.
    """
    named = {} if changed else _same_name(store, experiment, until)
    run = store.create(experiment, visitor, identity(), **named)
    store.begin(run, environment(kernels_on("cpu")), identity())
    for snapshot in _trained(experiment):
        if until is None or snapshot.step <= until:
            store.append(run, changed(snapshot) if changed else snapshot, snapshot.step)
    return run


def _same_name(store: Store, experiment: Experiment, until: int | None) -> dict[str, Any]:
    """The columns of a run's id that is always the same; empty where the store has it already."""
    digest = hashlib.sha256(f"{experiment.to_json()} {until}".encode()).digest()
    run_id = f"20260102-030405-{base64.b32encode(digest[:10]).decode().lower()}"
    try:
        store.whole_id(run_id)
    except UnknownRunError:
        return {"id": run_id, **search_columns(run_id, experiment, NO_LABELS)}
    return {}


@lru_cache(maxsize=8)
def _trained(experiment: Experiment) -> tuple[Snapshot, ...]:
    """Trained once for all tests of a process that look at the same experiment."""
    return tuple(train(experiment))


def finished(store: Store, experiment: Experiment, **how: object) -> str:
    """The same, finished."""
    run = measured(store, experiment, **how)  # type: ignore[arg-type]
    store.finish(run, "finished")
    return run
