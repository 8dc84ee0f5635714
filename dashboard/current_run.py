"""The run that this session looks at: from the press of Train, or from the address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from dashboard.measured import Reader
from dashboard.services import store, trainer
from models.experiment import Experiment
from models.results.store import Run

Phase = Literal["waiting", "training", "ended"]

READER = "reader"
UNKNOWN = "unknown_run"
OPENED = "opened_run"
STARTED = "started_run"


def start(experiment: Experiment) -> None:
    """Queues a run and looks at it."""
    run = st.session_state[STARTED] = store().create(experiment)
    trainer().submit(run)
    look_at(run)


def stop(run: str) -> None:
    """Ends the run; what was measured stays."""
    trainer().stop(run)


def look_at(run: str) -> None:
    """Makes this the run that the page shows, and that the address names."""
    st.query_params["run"] = run
    st.session_state[READER] = Reader(run, store().run(run).experiment)
    st.session_state.pop(UNKNOWN, None)


def leave() -> None:
    """Looks at no run; the address forgets it as well."""
    st.session_state.pop(READER, None)
    st.session_state.pop(UNKNOWN, None)
    st.query_params.pop("run", None)


def opened_by_address() -> Run | None:
    """The run that the address asks for, when it is not the one shown already."""
    wanted = st.query_params.get("run")
    if wanted is None or (READER in st.session_state and reader().run == wanted):
        return None
    try:
        run = store().run(wanted)
    except KeyError:
        leave()
        st.session_state[UNKNOWN] = wanted
        return None
    look_at(wanted)
    return run


def current() -> Run | None:
    """The run on show, as the store knows it now; None where there is none (any more)."""
    if READER not in st.session_state:
        return None
    try:
        run = store().run(reader().run)
    except KeyError:
        leave()
        return None
    if st.query_params.get("run") != run.id:
        st.query_params["run"] = run.id
    return run


def elsewhere() -> Run | None:
    """The run that this session started and that is still going, where another or none is shown."""
    started = st.session_state.get(STARTED)
    if started is None or (READER in st.session_state and reader().run == started):
        return None
    try:
        run = store().run(started)
    except KeyError:
        return None
    return run if going(run) else None


def reader() -> Reader:
    """Reads the run on show."""
    found: Reader = st.session_state[READER]
    return found


def going(run: Run | None) -> bool:
    """Whether it waits or trains."""
    return run is not None and run.status in ("queued", "running")


def phase(run: Run) -> Phase:
    """Waiting until every cell has its first points, then training, then ended."""
    if not going(run):
        return "ended"
    return "training" if cells_measured(run) == len(run.experiment.cells) else "waiting"


def cells_measured(run: Run) -> int:
    """How many cells have their first points."""
    return len(store().profile_steps(run.id))


def time_left(run: Run) -> str:
    """About how long until all steps are done, or its place in the queue, in words."""
    if run.stop_requested:
        return "stopping"
    if place := trainer().place(run.id):
        return f"place {place} in the queue"
    if not run.started or not run.done_steps:
        return "about to start"
    spent = (datetime.now(UTC) - run.started).total_seconds()
    seconds = spent / run.done_steps * (run.total_steps - run.done_steps)
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"
