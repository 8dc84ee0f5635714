"""The comparison of runs, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.markdown import escape_markdown
from dashboard.components.paper_downloads import report_form, table_downloads
from dashboard.sections.compare.chosen import OVERLAID, Chosen, chosen_runs
from dashboard.sections.compare.pictures import Pictures
from dashboard.sections.compare.pivot import pivot_table
from dashboard.sections.runs.frame import status_in_words
from dashboard.session.session_state import ORIGIN
from models.analysis.compared_spans import side_by_side
from models.analysis.differences import differences
from models.analysis.glossary import GLOSSARY
from models.publishing.figures.sheet import origin_of
from models.tasks import task_title

SIDE_BY_SIDE = 2
"""How many tasks, or pictures of one task, stand beside each other."""


def compare() -> None:
    """Draws the comparison of the runs that the address asks for."""
    if st.button("All runs", key="all_runs", icon=":material/arrow_back:"):
        st.query_params.pop("compare")
        st.rerun()
    chosen = chosen_runs()
    if len(chosen) < 2:
        st.info("Two runs or more can be compared. Select them in the list of runs.")
        return
    ORIGIN.set(origin_of({one.run.id: one.experiment for one in chosen}))
    _legend(chosen)
    by_task = sorted(chosen[:OVERLAID], key=lambda one: one.experiment.task)
    groups = [list(group) for _, group in groupby(by_task, lambda one: one.experiment.task)]
    if len(chosen) > OVERLAID:
        st.caption(f"The plots show the first {OVERLAID} runs, the tables all {len(chosen)}.")
    groups.sort(key=lambda group: group[0].place)
    beside = SIDE_BY_SIDE if len(groups) == 1 else 1
    drawn = [Pictures(group, beside) for group in groups]
    for one, place in _columns(drawn):
        with place:
            task = one.chosen[0].experiment.task
            st.header(task_title(task), anchor=False)
            one.main()
            _spans([other for other in chosen if other.experiment.task == task])
    _settings(chosen)
    pivot_table([(one.experiment, one.run.summary or ()) for one in chosen])
    if measured := [one.run for one in chosen[:OVERLAID] if one.run.summary]:
        st.header("Tables and report", anchor=False)
        name = "-".join(run.short_id for run in measured)
        table_downloads([run.id for run in measured], name)
        report_form({run.id: run.experiment for run in measured}, name)
    # Two thirds of all pictures, which would keep the answers waiting.
    details = st.expander(
        "Learning curves and gradient profiles", key="compared_details", on_change="rerun"
    )
    if details.open:
        with details:
            for one, place in _columns(drawn):
                with place:
                    one.details()


def _columns(drawn: Sequence[Pictures]) -> Iterator[tuple[Pictures, DeltaGenerator]]:
    """Each task's pictures with the place where they stand."""
    places = st.columns(min(len(drawn), SIDE_BY_SIDE))
    return ((one, places[number % len(places)]) for number, one in enumerate(drawn))


def _legend(chosen: Sequence[Chosen]) -> None:
    """Draws each run's letter and name, which leads to the run, and how it ended."""
    with st.container(horizontal=True, key="compared_runs"):
        for one in chosen:
            st.page_link(
                "views/race.py",
                label=f"**{one.letter}** {escape_markdown(one.run.title)}",
                query_params={"run": one.run.id},
                help=escape_markdown(status_in_words(one.run)),
                width="content",
            )


def _spans(chosen: Sequence[Chosen]) -> None:
    st.subheader("Memory spans", help=GLOSSARY["memory span"], anchor=False)
    table = side_by_side({one.letter: one.run.summary or () for one in chosen})
    if table.empty:
        st.caption("No cell of these runs has been evaluated after training steps.")
        return
    titles = {one.letter: one.title for one in chosen}
    words = "Memory spans, a row for each cell, a column for each run"
    _table(table.rename(columns=titles), words, f"spans_{chosen[0].letter}")
    if len(chosen) < 2:
        return
    first = escape_markdown(chosen[0].title)
    st.caption(
        f"÷: how many times as long a span is as that of {first}, with the 95% interval. *Alike*: "
        "surely less than a fifth apart."
    )


def _settings(chosen: Sequence[Chosen]) -> None:
    st.header("Settings that differ", anchor=False)
    found = differences([one.experiment for one in chosen])
    if not found:
        st.caption("None: these runs have the same settings.")
        return
    titles = [one.title for one in chosen]
    rows = [dict(zip(["setting", *titles], (one.label, *one.values), strict=True)) for one in found]
    _table(pd.DataFrame(rows), "Settings that differ, a column for each run", "settings")


def _table(table: pd.DataFrame, alt: str, key: str) -> None:
    # A data frame shows any text as it is; page.css hides its CSV, which hands names on unescaped.
    first = {str(table.columns[0]): st.column_config.Column(pinned=True)}
    with st.container(key=f"run_table_{key}"):
        st.dataframe(table, hide_index=True, column_config=first, height="content", alt=alt)
