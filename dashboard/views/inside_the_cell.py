"""The page Inside the cell: gates at work, and gate surgery."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.inside import gates_at_work, model_choice, what_it_learned
from dashboard.sections.inside import surgery as inside_surgery
from dashboard.sections.inside.plain_torch import plain_torch
from dashboard.sections.live_run import follow
from dashboard.session import current_run
from dashboard.session.lecture import shows
from dashboard.session.session_state import ORIGIN, REFUSED, UNKNOWN_RUN
from models.publishing.figures.sheet import origin_of
from models.store.run import Run

SECTIONS = {
    gates_at_work.gates_at_work: ("inside_map", "inside_lines", "inside_diagram"),
    what_it_learned.specialisation: ("inside_constants", "inside_selectivity"),
    what_it_learned.memory: ("inside_probe",),
    inside_surgery.surgery: ("inside_operated",),
    inside_surgery.which_gate: ("inside_ablation",),
}
"""The sections of the page from top to bottom, each with the keys of its charts."""


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("What do the gates do, and which does the task need?", anchor=False)
    arrived = current_run.follow_address()
    scheduler()
    run = current_run.current()
    if unknown := UNKNOWN_RUN.take():
        st.warning(f"There is no run {escape_markdown(unknown)} here.", icon=":material/link_off:")
    offered = model_choice.sources()
    if arrived:
        model_choice.follow_address(offered)
    if run and run.active:
        if not offered:
            current_run.keep_address({"run": run.id})
        follow(run, partial(_wait, bool(offered)))
    else:
        _training(run, offered)
    if not offered:
        return
    chosen = model_choice.choose(offered)
    ORIGIN.set(origin_of({chosen.source: chosen.experiment}))
    for section, charts in SECTIONS.items():
        if shows(*charts):
            st.fragment(section)(chosen)
    plain_torch(chosen)


def _wait(others: bool, run: Run) -> None:
    until = " Until then there are other models to look into." if others else ""
    st.info(
        "You can look inside once the run has ended and its weights are stored." + until,
        icon=":material/hourglass_top:",
    )


def _training(run: Run | None, offered: list[model_choice.ModelSource]) -> None:
    """Says why the run on show is not among the choices, and offers to train one that is."""
    if run and run.id not in [source.key for source in offered]:
        st.warning(
            f"Run {run.short_id} has no stored weights, so you cannot look inside its models.",
            icon=":material/visibility_off:",
        )
    if any(source.is_run for source in offered):
        return
    words, press = st.columns([4, 1], vertical_alignment="center")
    words.markdown(
        "Look inside any run whose weights are stored, or train three cells now: an RNN, an LSTM "
        "and a GRU on temporal order at T = 20, 50 and 100. It takes less than a minute."
    )
    if refused := REFUSED.take():
        st.warning(f"Not started: {escape_markdown(refused, most=600)}.", icon=":material/block:")
    press.button(
        "Train them",
        key="inside_train",
        type="primary",
        on_click=current_run.start,
        args=(model_choice.GOOD,),
        width="stretch",
    )


page()
