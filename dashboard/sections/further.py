"""What can be added to a finished run: what narrows its memory spans down, or more of anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.components.charts import cached
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling import admission
from dashboard.scheduling.app_resources import configuration, store
from dashboard.session import current_run
from dashboard.session.run_tables import Tables
from dashboard.sidebar import controls
from dashboard.sidebar.cells import suggestions
from models.analysis.extension import added, left_to_train
from models.analysis.memory_span import estimates
from models.analysis.narrowing import LEAST_FACTOR, MOST_FACTOR, Goal, Round, next_round
from models.cells import cell_label
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import LENGTHS, SETTINGS
from models.experiment.extension import extended
from models.store.extension import not_extendable, why_not
from models.store.run import Run

FACTOR, MINUTES, MOST_MINUTES = 1.5, 5, 120
"""The factor and the time that are offered first, and the longest time where there is no limit."""


def controls_of(run: Run, tables: Tables, source: str) -> None:
    """Draws the two controls of a run that has finished; nothing of any other."""
    if run.status != "finished":
        return
    reason = not_extendable(run)
    with st.container(horizontal=True, key="further"):
        narrow = st.popover(
            "Narrow it down",
            icon=":material/straighten:",
            key="narrow",
            on_change="rerun",
            disabled=bool(reason),
            help=reason or "Trains more lengths and seeds where they narrow memory spans most.",
        )
        extend = st.popover(
            "Extend",
            icon=":material/add:",
            key="extend",
            on_change="rerun",
            disabled=bool(reason),
            help=reason or "Trains more seeds, lengths, steps or cells beside these.",
        )
    if texts := [text for text in (_narrowed(run), _extends(run)) if text]:
        st.caption(" ".join(texts))
    if narrow.open:
        with narrow:
            _narrow(run, tables, source)
    if extend.open:
        with extend:
            _extend(run)


def _narrowed(run: Run) -> str:
    """Why narrowing down has ended; empty of a run that was not narrowed down."""
    if not (run.narrows and run.message):
        return ""
    return f"Narrowed down: {escape_markdown(run.message, most=600)}."


def _extends(run: Run) -> str:
    return f"This run extends run {run.extends}." if run.extends else ""


def _narrow(run: Run, tables: Tables, source: str) -> None:
    factor = st.number_input(
        "Until each interval is within a factor of",
        min_value=LEAST_FACTOR,
        max_value=MOST_FACTOR,
        value=FACTOR,
        step=0.05,
        key="narrow_factor",
        help="The upper end of the 95% interval of each memory span, divided by the lower end.",
    )
    most = configuration().minutes or MOST_MINUTES
    minutes = st.number_input(
        "Minutes at most",
        min_value=1,
        max_value=max(int(most), 1),
        value=min(MINUTES, max(int(most), 1)),
        key="narrow_minutes",
    )
    goal = Goal(factor, 60 * minutes)
    first = cached(source, "narrowing", (goal,), lambda: _first_round(run, tables, goal))
    if first.experiment:
        takes = admission.cost_in_words(first.experiment, (*run.earlier, run.experiment))
        st.caption(
            f"It begins with {added(first.experiment, run.experiment)}: {takes}. Each round is "
            "chosen by what the one before it has measured, for all cells."
        )
    else:
        st.caption(f"Nothing to add: {escape_markdown(first.reason)}.")
    st.button(
        "Narrow down",
        key="narrow_start",
        type="primary",
        on_click=_start,
        args=(run, run.experiment, goal),
        disabled=first.experiment is None,
    )


def _first_round(run: Run, tables: Tables, goal: Goal) -> Round:
    earlier = (*run.earlier, run.experiment)
    return next_round(
        run.experiment,
        estimates(tables.accuracy),
        goal,
        lambda wanted: admission.seconds_within_memory(wanted, earlier),
    )


def _extend(run: Run) -> None:
    before = run.experiment
    more: dict[str, Any] = {
        name: st.number_input(
            f"{SETTINGS[name].label} in all",
            min_value=getattr(before, name),
            max_value=int((SETTINGS[name].bounds or (0, 0))[1]),
            value=getattr(before, name),
            step=int(SETTINGS[name].step),
            key=f"extend_{name}",
        )
        for name in ("seeds", "steps")
    }
    lengths = [text for text in LENGTHS if int(text) not in before.lengths]
    more["lengths"] = st.multiselect(
        "Further lengths", lengths, key="extend_lengths", accept_new_options=True
    )
    cells = [cell for cell in suggestions() if cell not in before.cells]
    more["cells"] = st.multiselect(
        "Further cells",
        cells,
        key="extend_cells",
        format_func=lambda cell: cell_label(cell) if cell in cells else cell,
        accept_new_options=True,
    )
    wanted, problem = _wanted(run, more)
    if problem:
        st.caption(escape_markdown(problem[:1].upper() + problem[1:], most=600))
    elif wanted:
        earlier = (*run.earlier, before)
        takes = admission.cost_in_words(wanted, earlier)
        st.caption(f"{left_to_train(wanted, earlier)} It takes {takes}.")
    st.button(
        "Train the rest",
        key="extend_start",
        type="primary",
        on_click=_start,
        args=(run, wanted),
        disabled=wanted is None,
    )


def _wanted(run: Run, more: Mapping[str, Any]) -> tuple[Experiment | None, str]:
    """The extended experiment, or why there is none."""
    if (more["seeds"], more["steps"]) == (run.experiment.seeds, run.experiment.steps) and not (
        more["lengths"] or more["cells"]
    ):
        return None, "The numbers of what is trained already stay as they are, bit for bit."
    try:
        lengths = [SETTINGS["lengths"].parse(text) for text in more["lengths"]]
    except ValueError as error:
        return None, f"lengths: {error}."
    try:
        wanted = extended(run.experiment, {**more, "lengths": lengths})
    except ExperimentError as error:
        return None, f"{error}."
    if problem := why_not(store(), run, wanted):
        return None, f"{problem}."
    earlier = (*run.earlier, run.experiment)
    if refused := admission.refusal(wanted, earlier):
        return None, f"this takes {refused}."
    return wanted, ""


def _start(run: Run, wanted: Experiment, narrows: Goal | None = None) -> None:
    if current_run.extend(run, wanted, narrows):
        controls.show(wanted)
