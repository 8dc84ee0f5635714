"""The view of the gradient at initialisation, which follows each setting without training."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components.cards import Card, cards
from dashboard.components.cell_form import cell_chip, cell_form
from dashboard.components.charts import cached, chart
from dashboard.components.downloads import frame_downloads
from dashboard.figures.gradient_flow.at_initialisation import initial_profiles, singular_values
from dashboard.figures.gradient_flow.profile import HOW_TO_READ
from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.style import cell_style
from dashboard.figures.style import in_order as cells_in_order
from dashboard.scheduling.child_processes import ChildError
from dashboard.sections.at_initialisation import answers
from dashboard.session.session_state import INITIAL_LENGTH, INITIAL_STATE, ORIGIN
from dashboard.sidebar.cells import add_button
from models.analysis.at_initialisation import (
    horizons_at_initialisation,
    summarise_initialisation,
)
from models.analysis.glossary import GLOSSARY
from models.analysis.gradient_profile import half_life_words
from models.analysis.ladder import ladder
from models.analysis.prediction import THRESHOLD, predicted_lengths
from models.analysis.schema import in_order
from models.analysis.words import count
from models.cells import CELLS, cell_label
from models.experiment import Experiment
from models.publishing.figures.sheet import origin_of
from models.settings import spec
from models.tasks import make_task

PATHS = "both paths"


def draw(
    experiment: Experiment, run: answers.TrainedRun | None
) -> answers.InitialMeasurement | None:
    """Draws everything from the half-lives down to the Jacobians.

    ``run`` is one that started from these models. Returns the measurement at the longest length, or
    None, with an error on the page, where there is no answer.
    """
    experiment = _with_trial(experiment)
    ORIGIN.set(origin_of({"": experiment}))
    length, states, relative = _controls(experiment)
    longest = experiment.lengths[-1]
    try:
        measured = answers.at_initialisation(experiment, length, run)
        whole = (
            measured if length == longest else answers.at_initialisation(experiment, longest, run)
        )
    except ChildError as error:
        st.error(f"The gradient at initialisation could not be measured: {error}")
        return None
    source = f"at initialisation {experiment.at_initialisation()}, {length}, {measured.measured}"
    summary = cached(
        source,
        "summary",
        (length,),
        lambda: in_order(
            summarise_initialisation(measured.gradients, measured.diagnostics, length), experiment
        ),
    )
    cards([_card(row) for row in summary.to_dict("records")], "half-lives")
    for column, state in zip(st.columns(len(states)), states, strict=True):
        with column:
            _profiles(source, measured, experiment, length, state, relative)
    st.caption(f"{HOW_TO_READ.split(' Dotted:')[0]} {_over(measured.seeds, experiment.seeds)}")
    with st.expander("The numbers, compared with theory"):
        _numbers(summary)
    _prediction(source, experiment, measured.gradients, run)
    if st.toggle(
        "Singular values of the product of Jacobians", key="jacobian", help=GLOSSARY["Jacobian"]
    ):
        _jacobian(source, experiment, length)
    tables = {"gradients": measured.gradients, "diagnostics": measured.diagnostics}
    frame_downloads(tables, key="at_initialisation")
    return whole


def _with_trial(experiment: Experiment) -> Experiment:
    """The experiment with one more cell, where the visitor tries one."""
    if not st.toggle("Try one more cell", key="trial"):
        return experiment
    trial = cell_form("trial", columns=4)
    if trial is None:
        return experiment
    # A row in either case: one that came and went would move the figures beneath.
    with st.container(horizontal=True, vertical_alignment="center"):
        cell_chip(trial)
        add_button("trial", trial, experiment.cells)
    if trial in experiment.cells:
        return experiment
    return Experiment.from_mapping({**vars(experiment), "cells": (*experiment.cells, trial)})


def _controls(experiment: Experiment) -> tuple[int, list[str], bool]:
    """Draws the controls: returns sequence length, states, whether relative to the last step."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    if INITIAL_LENGTH.get() not in experiment.lengths:
        INITIAL_LENGTH.set(experiment.lengths[-1])
    length: int = row.select_slider(
        "Sequence length",
        experiment.lengths,
        key=INITIAL_LENGTH.name,
        width=400,
        persist_state="session",
    )
    choices = ["h"]
    if any("c" in spec.parse("cell", cell, CELLS)[0].states for cell in experiment.cells):
        choices += ["c", PATHS]
    if INITIAL_STATE.get() not in choices:
        INITIAL_STATE.set("h")
    state = row.segmented_control(
        "State",
        choices,
        required=True,
        key=INITIAL_STATE.name,
        persist_state="session",
        format_func=lambda state: state if state == PATHS else f"∂L/∂{state}ₜ",
        help="The LSTM has two states. Through c the gradient travels back by addition; through "
        "h it passes the gates and the weights at every step.",
    )
    relative = row.toggle(
        "Relative to the last step", value=True, key="initial_relative", width="content"
    )
    return length, ["c", "h"] if state == PATHS else [state or "h"], relative


def _card(row: Mapping[Hashable, Any]) -> Card:
    style, through_c = cell_style(str(row["cell"])), row["half_life_c"]
    path = "" if np.isnan(through_c) else f"through c: {half_life_words(through_c)} · "
    note = f"{path}trainable up to T {row['verdict']}"
    words = half_life_words(row["half_life"])
    return Card(style.color, style.label, words, note, GLOSSARY["half-life"])


def _over(seeds: int, wanted: int) -> str:
    """Says which seeds the lines and numbers stand for."""
    if seeds == 1 == wanted:
        return "There is one seed."
    if seeds == wanted:
        return f"Lines and numbers are medians over {count(seeds, 'seed')}."
    first = "those of the first seed" if seeds == 1 else f"medians over the first {seeds} seeds"
    return f"Lines and numbers are {first} of {wanted}; after training, medians over all of them."


def _profiles(
    source: str,
    measured: answers.InitialMeasurement,
    experiment: Experiment,
    length: int,
    state: str,
    relative: bool,
) -> None:
    chart(
        source,
        f"initial_{state}",
        (length, relative),
        lambda: initial_profiles(
            measured.gradients,
            length=length,
            state=state,
            relative=relative,
            cells=experiment.cells,
            horizons=horizons_at_initialisation(measured.gradients, length, state),
        ),
    )


def _numbers(summary: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "cell": summary["cell"].map(cell_label),
            "gradient": summary["half_life"].map(half_life_words),
            "in theory": summary["half_life_theory"].map(half_life_words),
            "1% left, steps back": summary["horizon_by_gradient"],
            "spectral radius": summary["spectral_radius"].round(3),
            "Lyapunov exponent": summary["lyapunov_exponent"].round(4),
            "trainable up to": summary["verdict"],
        }
    )
    explained = {"gradient": "half-life", "1% left, steps back": "horizon"}
    terms = explained | {name: name for name in ("spectral radius", "Lyapunov exponent")}
    columns = {name: st.column_config.Column(help=GLOSSARY[term]) for name, term in terms.items()}
    st.dataframe(shown, hide_index=True, width="stretch", column_config=columns)
    st.caption(
        "In theory: for the RNN, from spectral radius × mean slope of the activation; for LSTM and "
        "GRU, from the unit whose gate keeps most (fⁿ or zⁿ). 1% left: how far back at least 1% of "
        "the gradient reaches, through h or c, whichever carries it further. Lyapunov exponent: "
        "the largest one, of the whole state, in nats per step. Trainable up to: the length at "
        f"which the gradient at the first step falls below {THRESHOLD:g} times that at the last, "
        f"or grows above {1 / THRESHOLD:g} times it, for the state (h or c) that carries it best. "
        "This is a rule of thumb, chosen on the temporal order task."
    )


def _prediction(
    source: str, experiment: Experiment, gradients: pd.DataFrame, run: answers.TrainedRun | None
) -> None:
    """Draws the predictions on the accuracy of a trained run with the same settings, if any."""
    st.header("Does the gradient at initialisation predict the memory span?", anchor=False)
    if run is None or run.experiment.at_initialisation() != experiment.at_initialisation():
        st.caption("Train these settings, here or on the Race page, to see the answer.")
        return
    chart(
        f"{source} {run.key}",
        "predicted",
        (),
        lambda: accuracy_by_length(
            run.tables.accuracy,
            baselines=ladder(make_task(experiment.task), experiment.lengths),
            cells=experiment.cells,
            predictions=predicted_lengths(gradients),
        ),
    )
    st.caption(
        f"Accuracy: {run.name}. Triangles: prediction from the gradient at initialisation alone."
    )


def _jacobian(source: str, experiment: Experiment, length: int) -> None:
    cell = st.selectbox(
        "Cell",
        cells_in_order(experiment.cells),
        key="jacobian_cell",
        format_func=cell_label,
    )
    try:
        values = answers.singular_values(experiment, cell, length)
    except ChildError as error:
        st.error(f"The Jacobians could not be measured: {error}")
        return
    chart(source, "singular_values", (cell, length), lambda: singular_values(values, cell=cell))
    st.caption(
        "For the first seed: how strongly the last state depends on an earlier one, direction by "
        "direction. The lines are the largest, the median and the smallest singular value of the "
        "product of the Jacobians of all steps between the two. If even the largest falls, "
        "everything is forgotten. If it rises while the median falls, some directions explode "
        "and the others vanish."
    )
