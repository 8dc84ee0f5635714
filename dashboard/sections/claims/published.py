"""The published results: each paper's numbers beside ours, and its experiment to run."""

from __future__ import annotations

import streamlit as st

from dashboard.components.link_button import link_button
from dashboard.sidebar import controls
from models.analysis.references import cited
from models.analysis.words import join_words
from models.experiment import Experiment
from models.published import PUBLISHED, PublishedResult
from models.published.record import compared, cut_in_words, origin_in_words, recorded


def published_results() -> None:
    """Draws every published result, folded in, with a link that opens its settings."""
    st.header("Published results", anchor=False)
    st.markdown(
        "Experiments of papers, repeated in their own setting: optimiser, batch size, criterion. "
        "Each shows the published number beside ours, how well the published one is known here, "
        "and what is not as in the paper. **Open one** to see it, and to run it yourself."
    )
    for result in PUBLISHED.values():
        section = st.expander(title(result), key=f"open_{result.name}", on_change="rerun")
        if section.open:
            with section:
                _one(result)


def title(result: PublishedResult) -> str:
    """What a result is about, with its papers."""
    papers = join_words([cited(key) for key in result.references])
    return f"{result.title} · {papers}" if papers else result.title


def side_by_side(result: PublishedResult) -> None:
    """Draws what the paper found, its numbers beside ours, and what differs."""
    st.markdown(result.found)
    outcome = recorded(result.name)
    if outcome:
        st.table(compared(result, outcome), border="horizontal")
        if cut := cut_in_words(outcome):
            st.markdown(f":material/content_cut: {cut}")
    st.markdown(f"**What is not as in the paper.** {result.differs}")
    if outcome:
        st.caption(origin_in_words(outcome))


def variant(result: PublishedResult, experiment: Experiment) -> str:
    """Which of the result's experiments this is; empty where it is the only one."""
    if len(result.experiments) == 1:
        return ""
    return ", with clipping" if experiment.clip else ", without clipping"


def _one(result: PublishedResult) -> None:
    side_by_side(result)
    with st.container(horizontal=True):
        for place, experiment in enumerate(result.experiments):
            link_button(
                f"Open on the Race page{variant(result, experiment)}",
                "views/race.py",
                f"{result.name}_{place}",
                parameters=controls.address_of(experiment),
                icon=":material/play_circle:",
            )
    st.code(f"python -m models published {result.name}", "bash")
