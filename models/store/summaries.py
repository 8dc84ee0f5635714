"""Makes the summaries of runs that have ended, once each, and keeps them in the store.

A run is summarised by the process that has trained or imported it. One that ended otherwise, or was
stored by an older release, is summarised by whoever first lists it: in batches, since a summary is
made from the tables of its run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa

from models.analysis.run_summary import RunSummary, summarise_run, summary_text
from models.store import Store, StoreError
from models.store.run import Run
from models.store.tables import RUNS


def summarise(store: Store, run: Run) -> Run:
    """The run with its summary, made and kept where there was none; without it while it trains."""
    if run.active or run.summary is not None:
        return run
    tables = (store.read(run.id, name)[0] for name in ("accuracy", "validation"))
    summary = summarise_run(*tables)
    _keep(store, run, summary)
    return replace(run, summary=summary)


def summarise_some(store: Store, runs: Sequence[Run], seconds: float) -> list[Run]:
    """The runs, as many of them with a summary as can be made and kept in about so many seconds."""
    end, found = time.monotonic() + seconds, list(runs)
    with suppress(StoreError):  # what cannot be kept now is made another time
        for number, run in enumerate(runs):
            if time.monotonic() >= end:
                break
            found[number] = summarise(store, run)
    return found


def _keep(store: Store, run: Run, summary: RunSummary) -> None:
    # Not of a run that was resumed meanwhile, which measures more.
    same = sa.and_(RUNS.c.id == run.id, RUNS.c.status == run.status, RUNS.c.updated == run.updated)
    change = sa.update(RUNS).where(same).values(summary=summary_text(summary))
    store.writing(lambda connection: connection.execute(change))
