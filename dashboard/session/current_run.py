"""The run on show in this session: from the press of Train, or from the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.scheduling import admission
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.scheduling.run_queue import Place, seconds_left
from dashboard.session.lecture import KEPT, kept_parameters
from dashboard.session.run_tables import Reader
from dashboard.session.session_state import (
    ADDRESS_SEEN,
    EXPERIMENT,
    PAGE_SEEN,
    READER,
    REFUSED,
    UNKNOWN_RUN,
    WHY,
)
from dashboard.session.visitor import visitor
from models.analysis.narrowing import Goal
from models.experiment import Experiment, ExperimentError
from models.experiment.cost import duration
from models.store import StoreError, UnknownRunError, extension
from models.store.labels import LONGEST_NAME, Labels
from models.store.run import Run

Phase = Literal["queued", "starting", "arriving", "training", "ended"]
"""The phase of a run: queued; starting until the first cell has points; arriving until every cell
has; training; ended."""


def start(experiment: Experiment, name: str = "") -> None:
    """Queues a run of this name and shows it; where it is refused, the next page says why."""
    try:
        if problem := admission.refusal(experiment) or admission.no_room(visitor()):
            REFUSED.set(problem)
            return
        run = store().create(experiment, visitor(), labels=Labels(name=name[:LONGEST_NAME]))
    except StoreError as error:
        REFUSED.set(f"the run cannot be stored: {error}")
        return
    scheduler().wake()
    look_at(run)
    if READER.get():
        reader().waits = True


def extend(run: Run, wanted: Experiment, narrows: Goal | None = None) -> bool:
    """Queues a run that extends another, and shows it; says whether it does.

    Where it is refused, the next page says why.
    """
    try:
        earlier = (*run.earlier, run.experiment)
        if problem := admission.refusal(wanted, earlier) or admission.no_room(visitor()):
            REFUSED.set(problem)
            return False
        new = extension.extend(store(), run.id, wanted, visitor(), narrows=narrows)
    except (ExperimentError, StoreError, UnknownRunError) as error:
        REFUSED.set(f"the run cannot be extended: {error}")
        return False
    scheduler().wake()
    look_at(new)
    return True


def has_grown(run: Run) -> bool:
    """Whether the run on show was extended since the page was set to its settings."""
    return run.experiment != reader().experiment


def follow_growth() -> Experiment | None:
    """Notes that the run on show was extended; returns its settings where the sidebar has them."""
    run = current()
    if run is None or not has_grown(run):
        return None
    before = reader()
    READER.set(replace(before, experiment=run.experiment))
    return run.experiment if EXPERIMENT.get() == before.experiment else None


def resume(run_id: str) -> None:
    """Resumes a run that was broken off; where it is refused, the next page says why."""
    try:
        if problem := admission.no_room(visitor()):
            REFUSED.set(problem)
            return
        store().resume(run_id)
    except StoreError as error:
        REFUSED.set(f"the run cannot be resumed: {error}")
        return
    scheduler().wake()
    look_at(run_id)


def stop(run_id: str) -> None:
    """Stops a run; its measurements stay."""
    try:
        scheduler().stop(run_id)
    except UnknownRunError:
        return  # deleted meanwhile, in another tab
    except StoreError as error:
        REFUSED.set(f"the run cannot be stopped: {error}")


def look_at(run_id: str) -> None:
    """Makes the run of this id, or secret part of one, that on show; nothing if it was deleted."""
    found = store().named([run_id])
    if not found:
        return  # deleted meanwhile, in another tab
    (run,) = found
    READER.set(Reader(run.id, run.experiment))
    EXPERIMENT.set(run.experiment)
    UNKNOWN_RUN.take()
    WHY.take()


def leave() -> None:
    """Shows no run any more."""
    READER.take()
    UNKNOWN_RUN.take()
    WHY.take()


def come_to(page: str) -> None:
    """Notes which page is opened: one that a link with settings leads to follows its address."""
    if PAGE_SEEN.get(page) != page and set(st.query_params) - set(KEPT):
        ADDRESS_SEEN.take()
    PAGE_SEEN.set(page)


def follow_address() -> bool:
    """Shows the run of the address, or none, where the visitor has just come to this address.

    Returns whether so: by opening it, by a link, or by the browser's Back or Forward. Any other
    page of the session goes on with the run on show.
    """
    context = get_script_run_ctx()
    arrived = not ADDRESS_SEEN.get() or bool(context and context.is_history_navigation)
    ADDRESS_SEEN.set(True)
    wanted = st.query_params.get("run")
    if arrived and not (READER.get() and reader().run == wanted):
        leave()
        if wanted is not None:
            look_at(wanted)
            if not READER.get():
                UNKNOWN_RUN.set(wanted)
    if arrived and (why := st.query_params.get("why")):
        WHY.set(why)
    elif arrived:
        WHY.take()
    return arrived


def keep_address(parameters: Mapping[str, str | list[str]]) -> None:
    """Makes these the parameters of the address: one step of the browser's history, or none.

    Lesson and lecture mode stay. All are sent even where ``st.query_params`` has them already:
    after a link to another page it has those of the page before, which are not in the address any
    more.
    """
    st.query_params.from_dict({**parameters, **kept_parameters()})


def keep_question(why: str | None) -> None:
    """Makes what is asked about the run on show a parameter of the address, or takes it away."""
    others = {name: st.query_params.get_all(name) for name in st.query_params if name != "why"}
    st.query_params.from_dict({**others, **({"why": why} if why else {})})


def current() -> Run | None:
    """The run on show, as the store has it now; None where there is none."""
    if not READER.get():
        return None
    try:
        return store().run(reader().run)
    except UnknownRunError:
        leave()
        return None


def shown_id() -> str | None:
    """The id of the run on show; None where there is none."""
    return reader().run if READER.get() else None


def other_active_runs() -> list[Run]:
    """This visitor's active runs, without the one on show."""
    shown = shown_id()
    return [run for run in store().active(visitor()) if run.id != shown]


def reader() -> Reader:
    """The reader of the run on show, of which there must be one."""
    found = READER.get()
    assert found
    return found


def phase(run: Run) -> Phase:
    """The phase in which a run is shown.

    Just after the press of Train it is starting, even if the run has ended since.
    """
    if run.status == "queued" and _place(run):
        return "queued"
    if reader().waits:
        return "starting"
    if not run.active:
        return "ended"
    measured = cells_measured(run)
    if measured == len(run.experiment.cells):
        return "training"
    return "arriving" if measured else "starting"


def cells_measured(run: Run) -> int:
    """How many cells of the run have their first points."""
    return len(store().profile_steps(run.id))


def time_left(run: Run) -> str:
    """In words, about how long until all steps of the run are done, or its place in the queue."""
    if run.stop_requested:
        return "stopping"
    if run.status == "queued":
        place = _place(run)
        if place is None:
            return "about to start"
        return f"place {place.number} in the queue, starts in about {duration(place.seconds)}"
    if run.done_steps == run.steps_at_start:
        return "time left not known yet" if cells_measured(run) else "about to start"
    return f"about {duration(seconds_left(run, scheduler().seconds))} left"


def _place(run: Run) -> Place | None:
    """The run's place in the queue; None where it is about to start."""
    place = scheduler().place(run.id)
    return None if place is None or (place.number == 1 and place.seconds < 1) else place
