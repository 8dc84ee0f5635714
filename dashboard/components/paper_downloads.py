"""Downloads for a paper: figures for print, tables, and a report in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.components.print_button import WIDTH_NAMES
from dashboard.scheduling.app_resources import scheduler
from dashboard.session.run_tables import Tables
from models.analysis.cell_style import in_order
from models.cells import cell_label
from models.experiment import Experiment
from models.publishing.compared import question_of
from models.publishing.figure_names import FIGURES, FORMATS, WIDTHS, available

LONGEST_QUESTION = 200
"""Characters of a report's question."""
TABLE_NAMES = {"csv": "CSV", "md": "Markdown", "tex": "LaTeX"}


def paper_downloads(run: str, name: str, experiment: Experiment, tables: Tables) -> None:
    """Draws the downloads of a run for a paper.

    ``run`` is its id, or the path of a recorded run; ``name`` begins the names of files.
    """
    if not len(tables.accuracy):
        return
    expander = st.expander("For a paper: figures, tables, report", key="paper", on_change="rerun")
    if not expander.open:
        return
    with expander:
        _figures(run, name, experiment, tables)
        st.markdown("**Tables**, with intervals, and significant differences marked")
        table_downloads([run], name)
        st.markdown(
            "**Report**: settings, findings, figures, tables, methods, versions and BibTeX in one "
            "HTML file that opens offline and prints"
        )
        report_form({run: experiment}, name)


def table_downloads(runs: Sequence[str], name: str) -> None:
    """Draws a button for each table of these runs in each format."""
    row = st.container(horizontal=True)
    for table in ("results", "spans", "paired"):
        for kind, title in TABLE_NAMES.items():
            _product(
                f"{table.capitalize()}: {title}",
                "table",
                f"{name}-{table}.{kind}",
                row,
                runs=list(runs),
                table=table,
                kind=kind,
            )


def report_form(runs: Mapping[str, Experiment], name: str) -> None:
    """Draws the question of a report, to be edited, and the button that freezes these runs in it.

    ``runs`` are the experiments by what ``paper_downloads`` knows runs by.
    """
    asked = question_of(list(runs.values()))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    question = row.text_input(
        "Question of the report", asked, key=f"report_question_{name}", max_chars=LONGEST_QUESTION
    )
    _product("Report", "report", f"{name}-report.html", row, runs=list(runs), question=question)


def _figures(run: str, name: str, experiment: Experiment, tables: Tables) -> None:
    st.markdown("**Figures** for print; several make one panel with letters")
    names = st.pills(
        "Figures",
        available(vars(tables)),
        selection_mode="multi",
        default=["accuracy"],
        format_func=lambda one: FIGURES[one].title,
        label_visibility="collapsed",
        key="paper_figures",
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    width = row.selectbox("Width", WIDTHS, format_func=WIDTH_NAMES.__getitem__, key="paper_width")
    lengths = experiment.lengths
    length = row.selectbox("Sequence length", lengths, len(lengths) - 1, key="paper_length")
    measured = list(tables.diagnostics["diagnostic"].unique()) or ["spectral_radius"]
    diagnostic = measured[0]
    if "diagnostic" in names:
        diagnostic = row.selectbox("Diagnostic", measured, key="paper_diagnostic")
    states = sorted(tables.gradients["state"].unique(), reverse=True) or ["h"]
    state = states[0]
    if {"gradient_profile", "initial_profile", "heat_map"}.intersection(names) and len(states) > 1:
        state = row.selectbox("State", states, key="paper_state")
    cell = ""
    if "heat_map" in names:
        cells = in_order(experiment.cells)
        cell = row.selectbox("Cell", cells, format_func=cell_label, key="paper_cell")
    buttons = st.container(horizontal=True)
    for kind in FORMATS:
        _product(
            f"Figure: {kind.upper()}",
            "figure",
            f"{name}-{'-'.join(names) or 'figure'}.{kind}",
            buttons,
            disabled=not names,
            run=run,
            names=list(names),
            view={"length": length, "state": state, "diagnostic": diagnostic, "cell": cell},
            kind=kind,
            width=width,
        )


def _product(
    label: str,
    product: str,
    file: str,
    place: Any,
    disabled: bool = False,
    **arguments: object,
) -> None:
    """A button for one of ``models.service.products``, made at the press."""
    make = partial(_make, product, arguments)
    download_button(label, make, file, f"paper_{file}", place, disabled=disabled)


def _make(product: str, arguments: dict[str, object], path: Path) -> None:
    scheduler().produce(product, path=str(path), **arguments)
