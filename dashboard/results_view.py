"""The pictures and numbers of a run, from top to bottom; live runs and recorded ones alike."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from dashboard.cards import span_cards
from dashboard.figures.accuracy import accuracy_by_length, accuracy_replay
from dashboard.figures.generalisation import generalisation_by_length
from dashboard.figures.ladder import Measure, ladder
from dashboard.figures.learning import gradient_norm, learning_curves
from dashboard.figures.profile import (
    HOW_TO_READ,
    gradient_profile,
    gradient_profile_replay,
)
from dashboard.live_chart import live_chart
from dashboard.measured import Tables
from models.experiment import Experiment
from models.results.findings import findings
from models.results.memory_span import memory_spans
from models.results.statistics import summarise
from models.tasks import make_task

MOST_REPLAYS = 12
"""How many replays are kept: they take a second to make, and are the same for everyone."""
CONFIG = {"modeBarButtonsToRemove": ["lasso2d", "select2d"]}


def draw(
    experiment: Experiment,
    tables: Tables,
    *,
    guesses: Mapping[str, float] | None = None,
    recorded: str | None = None,
) -> None:
    """Everything from the memory spans to the result table.

    The figures of a ``recorded`` run, named here, can play their training in the browser.
    """
    spans = memory_spans(tables.accuracy)
    span_cards(spans, experiment.cells)
    baselines = ladder(make_task(experiment.task), experiment.lengths)
    measure, log_length = _view()
    if recorded:
        figure = _accuracy_replay(recorded, experiment, tables, measure, log_length)
    else:
        figure = accuracy_by_length(
            tables.accuracy,
            baselines=baselines,
            cells=experiment.cells,
            spans=spans if measure == "accuracy" else None,
            guesses=guesses if measure == "accuracy" else None,
            log_length=log_length,
            measure=measure,
        )
    _chart(figure, "accuracy")
    length = st.select_slider(
        "Sequence length of the pictures below",
        experiment.lengths,
        value=experiment.lengths[-1],
        key="length_shown",
    )
    left, right = st.columns(2)
    with left:
        _profile(tables, experiment, length, recorded)
    with right:
        curves = learning_curves(
            tables.accuracy,
            tables.training,
            length=length,
            baselines=baselines,
            measure=measure,
            cells=experiment.cells,
        )
        _chart(curves, "learning")
        norms = gradient_norm(
            tables.training, length=length, clip=experiment.clip, cells=experiment.cells
        )
        _chart(norms, "norm")
    if len(tables.generalisation):
        st.markdown("**Train short, test long**")
        tested = sorted(set(tables.generalisation["test_length"]))
        rungs = ladder(make_task(experiment.task), tested)
        figure = generalisation_by_length(
            tables.generalisation, baselines=rungs, cells=experiment.cells, log_length=log_length
        )
        _chart(figure, "generalisation")
    if len(tables.accuracy):
        st.info(findings(experiment, tables.accuracy, tables.gradients), icon=":material/search:")
        with st.expander("Result table"):
            st.dataframe(summarise(tables.accuracy), hide_index=True, width="stretch")


def _view() -> tuple[Measure, bool]:
    """What to draw, and on which axis."""
    left, right = st.columns([1, 1])
    measure: Measure = left.segmented_control(
        "Measure",
        ("accuracy", "loss"),
        default="accuracy",
        required=True,
        key="measure",
        label_visibility="collapsed",
    )
    log_length = right.toggle("Logarithmic length axis", value=True, key="log_length")
    return measure, log_length


def _profile(tables: Tables, experiment: Experiment, length: int, recorded: str | None) -> None:
    states = sorted(set(tables.gradients["state"]), reverse=True) or ["h"]
    state = st.segmented_control(
        "State",
        states,
        default="h",
        required=True,
        key="state",
        format_func=lambda state: f"∂L/∂{state}ₜ",
        label_visibility="collapsed",
    )
    if recorded:
        figure = _profile_replay(recorded, experiment, tables, length, state)
    else:
        figure = gradient_profile(
            tables.gradients, length=length, state=state, cells=experiment.cells
        )
    _chart(figure, "profile")
    st.caption(HOW_TO_READ)


@st.cache_resource(show_spinner=False, max_entries=MOST_REPLAYS)
def _accuracy_replay(
    run: str, _experiment: Experiment, _tables: Tables, measure: Measure, log_length: bool
) -> go.Figure:
    return accuracy_replay(
        _tables.accuracy,
        baselines=ladder(make_task(_experiment.task), _experiment.lengths),
        cells=_experiment.cells,
        log_length=log_length,
        measure=measure,
    )


@st.cache_resource(show_spinner=False, max_entries=MOST_REPLAYS)
def _profile_replay(
    run: str, _experiment: Experiment, _tables: Tables, length: int, state: str
) -> go.Figure:
    return gradient_profile_replay(
        _tables.gradients, length=length, state=state, cells=_experiment.cells
    )


def _chart(figure: go.Figure, key: str) -> None:
    live_chart(figure, key, CONFIG)
