"""The page Inside the cell: gates at work, and gate surgery."""

from __future__ import annotations

import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.inside import model_choice, view
from dashboard.sections.inside import surgery as inside_surgery
from dashboard.sections.live_run import follow
from dashboard.session import current_run
from dashboard.session.session_state import REFUSED, UNKNOWN_RUN
from models.store.run import Run


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("What do the gates do, and which does the task need?", anchor=False)
    current_run.follow_address()
    scheduler()
    run = current_run.current()
    if unknown := UNKNOWN_RUN.take():
        st.warning(f"There is no run {escape_markdown(unknown)} here.", icon=":material/link_off:")
    if run and run.active:
        current_run.keep_address({"run": run.id})
        follow(run, _wait)
        return
    offered = model_choice.sources()
    _training(run, offered)
    if not offered:
        return
    chosen = model_choice.choose(offered)
    for section in (
        view.gates_at_work,
        view.specialisation,
        view.memory,
        inside_surgery.surgery,
        inside_surgery.which_gate,
    ):
        st.fragment(section)(chosen)


def _wait(run: Run) -> None:
    st.info(
        "You can look inside once the run has ended and its weights are stored.",
        icon=":material/hourglass_top:",
    )


def _training(run: Run | None, offered: list[model_choice.ModelSource]) -> None:
    """Says why the run on show is not among the choices, and offers to train one that is."""
    if run and run.id not in [source.key for source in offered]:
        st.warning(
            f"Run {run.id} has no stored weights, so you cannot look inside its models.",
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
