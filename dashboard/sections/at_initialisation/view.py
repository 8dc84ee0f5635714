"""The gradient at birth: what a knob does to it, at once and without any training."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components.cards import Card, cards
from dashboard.components.cell_builder import cell_builder
from dashboard.components.charts import chart, once
from dashboard.components.downloads import frame_downloads
from dashboard.figures.gradient_flow.at_initialisation import birth_profiles, singular_values
from dashboard.figures.gradient_flow.profile import HOW_TO_READ
from dashboard.figures.ladder import ladder
from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.style import cell_style
from dashboard.figures.style import in_order as cells_in_order
from dashboard.scheduling.app_resources import store
from dashboard.scheduling.trainer_process import QuestionError
from dashboard.sections.at_initialisation import answers
from dashboard.session import current_run, recorded_examples
from dashboard.session.run_tables import of_results
from dashboard.session.session_state import BIRTH_STATE
from models.analysis.at_initialisation import horizons_at_birth, predicted_lengths, summarise_birth
from models.analysis.half_lives import half_life_words
from models.analysis.prediction import THRESHOLD
from models.analysis.row_order import in_order
from models.cells import CELLS
from models.experiment import Experiment
from models.experiment.presets import PRESETS
from models.settings import spec
from models.stories import story_presets
from models.tasks import make_task

PATHS = "both paths"
DOUBLINGS = 7
"""A gradient that doubles more often than this through a sequence, about 100 times, explodes."""


def draw(experiment: Experiment) -> answers.Birth | None:
    """From the half-lives down to the Jacobians; returns what was measured.

    None, with an error on the page, where the question has no answer.
    """
    experiment = _with_trial(experiment)
    length, states, relative = _knobs(experiment)
    try:
        measured = answers.at_birth(experiment, length)
    except QuestionError as error:
        st.error(f"The gradient at birth could not be measured: {error}")
        return None
    source = f"birth {answers.same_at_birth(experiment)}, {length}"
    summary = once(
        source,
        "summary",
        (length,),
        lambda: in_order(
            summarise_birth(measured.gradients, measured.diagnostics, length), experiment
        ),
    )
    cards([_card(row, length) for row in summary.to_dict("records")], "half-lives")
    for column, state in zip(st.columns(len(states)), states, strict=True):
        with column:
            _profiles(source, measured, experiment, length, state, relative)
    st.caption(HOW_TO_READ.split(" Dotted:")[0])
    with st.expander("The numbers, and what theory says"):
        _numbers(summary)
    _foretold(source, experiment, summary, measured.gradients)
    if st.toggle("Singular values of the Jacobians' product", key="jacobian"):
        _jacobian(source, experiment, length)
    frame_downloads(vars(measured), key="birth")
    return measured


def _with_trial(experiment: Experiment) -> Experiment:
    """The experiment with one more cell, where its knobs are out."""
    trial = cell_builder()
    if trial is None:
        return experiment
    # A line in either case: one that came and went would move the pictures beneath.
    if trial in experiment.cells:
        st.caption(f"Drawn already: `{trial}`.")
        return experiment
    st.caption(f"Drawn as well: `{trial}`. To train it too, add it to the cells in the sidebar.")
    return Experiment.from_mapping({**vars(experiment), "cells": (*experiment.cells, trial)})


def _knobs(experiment: Experiment) -> tuple[int, list[str], bool]:
    """Sequence length, states, whether relative to the end."""
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="center")
    length: int = left.select_slider(
        "Sequence length", experiment.lengths, value=experiment.lengths[-1], key="birth_length"
    )
    choices = ["h"]
    if any("c" in spec.parse("cell", cell, CELLS)[0].states for cell in experiment.cells):
        choices += ["c", PATHS]
    if BIRTH_STATE.get() not in choices:
        BIRTH_STATE.set("h")
    state = middle.segmented_control(
        "State",
        choices,
        required=True,
        key=BIRTH_STATE.name,
        format_func=lambda state: state if state == PATHS else f"∂L/∂{state}ₜ",
        help="The LSTM has two: the gradient travels through c by addition, and through h and the "
        "gates.",
    )
    relative = right.toggle("Relative to the last step", value=True, key="birth_relative")
    return length, ["c", "h"] if state == PATHS else [state or "h"], relative


def _card(row: Mapping[Hashable, Any], length: int) -> Card:
    style = cell_style(str(row["cell"]))
    return Card(
        style.color,
        style.label,
        half_life_words(row["half_life"]),
        _note(row, length),
    )


def _note(row: Mapping[Hashable, Any], length: int) -> str:
    if _explodes(row["half_life"], length):
        return "explodes: it needs clipping"
    through_c = row["half_life_c"]
    path = "" if np.isnan(through_c) else f"through c: {half_life_words(through_c)} · "
    return f"{path}trainable up to T {_about(str(row['prediction']))}"


def _explodes(half_life: float, length: int) -> bool:
    return half_life < 0 and length / -half_life > DOUBLINGS


def _about(prediction: str) -> str:
    return prediction if prediction[0] in "<>" else f"≈ {prediction}"


def _profiles(
    source: str,
    measured: answers.Birth,
    experiment: Experiment,
    length: int,
    state: str,
    relative: bool,
) -> None:
    chart(
        source,
        f"birth_{state}",
        (length, relative),
        lambda: birth_profiles(
            measured.gradients,
            length=length,
            state=state,
            relative=relative,
            cells=experiment.cells,
            horizons=horizons_at_birth(measured.gradients, length, state),
        ),
    )


def _numbers(summary: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "cell": [cell_style(cell).label for cell in summary["cell"]],
            "gradient": summary["half_life"].map(half_life_words),
            "in theory": summary["half_life_theory"].map(half_life_words),
            "1 % left, steps back": summary["horizon_by_gradient"],
            "spectral radius": summary["spectral_radius"].round(3),
            "Lyapunov exponent": summary["lyapunov_exponent"].round(4),
            "trainable up to": summary["prediction"],
        }
    )
    st.dataframe(shown, hide_index=True, width="stretch")
    st.caption(
        "In theory: of the RNN, spectral radius × mean slope of the activation; of LSTM and GRU, "
        "the unit that keeps most, fⁿ or zⁿ. The Lyapunov exponent is the largest, of the whole "
        "state, in nats per step: below 0 a change of the state dies out. Trainable up to: where "
        f"the gradient at the first step falls below {THRESHOLD:g} of that at the last (of the "
        "state, h or c, that carries it best), a rule of thumb chosen on temporal order. The first "
        "seed is shown."
    )


def _foretold(
    source: str, experiment: Experiment, summary: pd.DataFrame, gradients: pd.DataFrame
) -> None:
    """The predictions on the accuracy plot of a race with the same settings, where there is one."""
    st.markdown("**Did the gradient at birth foretell the cliff?**")
    found = _race(experiment)
    if found is None:
        st.caption("Train these settings, here or on the Race page, and the answer stands here.")
        return
    name, accuracy = found
    lives = dict(zip(summary["cell"], summary["half_life"], strict=True))
    foretold = {
        cell: length
        for cell, length in predicted_lengths(gradients).items()
        if not _explodes(lives[cell], experiment.lengths[-1])
    }
    chart(
        f"{source} {name}",
        "foretold",
        (),
        lambda: accuracy_by_length(
            accuracy,
            baselines=ladder(make_task(experiment.task), experiment.lengths),
            cells=experiment.cells,
            predictions=foretold,
        ),
    )
    st.caption(f"Measured: {name}. Triangles: predicted from the gradient at birth alone.")


def _race(experiment: Experiment) -> tuple[str, pd.DataFrame] | None:
    """A run, or a recorded one, whose models at birth are these: its name and its accuracies."""
    wanted = answers.same_at_birth(experiment)
    run = current_run.current()
    if run and answers.same_at_birth(run.experiment) == wanted:
        tables = current_run.reader().read(store(), run.updated)
        return f"run {run.id}", tables.accuracy
    for name, preset in {**PRESETS, **story_presets()}.items():
        if answers.same_at_birth(preset.experiment) == wanted and (
            found := recorded_examples.example(name)
        ):
            return f"recorded run of {preset.title}", of_results(found).accuracy
    return None


def _jacobian(source: str, experiment: Experiment, length: int) -> None:
    cell = st.selectbox(
        "Cell",
        cells_in_order(experiment.cells),
        key="jacobian_cell",
        format_func=lambda cell: cell_style(cell).label,
    )
    try:
        values = answers.singular_values(experiment, cell, length)
    except QuestionError as error:
        st.error(f"The Jacobians could not be measured: {error}")
        return
    chart(source, "singular_values", (cell, length), lambda: singular_values(values, cell=cell))
    st.caption(
        "How much the state at the end moves when the state some steps before it is moved, "
        "direction by direction: the largest, the median and the smallest singular value of the "
        "product of all the steps' Jacobians. Where even the largest falls, everything is "
        "forgotten; where it rises while the median falls, one direction explodes and the others "
        "vanish."
    )
