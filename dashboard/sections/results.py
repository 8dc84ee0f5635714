"""The figures and numbers of a run, from top to bottom; live runs and recorded ones alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.cards import span_cards, span_row
from dashboard.components.charts import cached, chart
from dashboard.components.clock import training_clock
from dashboard.components.guesses import how_right
from dashboard.components.result_table import readable, show_differences, show_table
from dashboard.figures.gradient_flow.profile import HOW_TO_READ, gradient_profile
from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.race.generalisation import generalisation_by_length
from dashboard.figures.race.learning import gradient_norm, learning_curves
from dashboard.figures.race.learning_rates import learning_rate_maps
from dashboard.figures.race.title import run_title
from dashboard.figures.replay import replayed
from dashboard.figures.style import in_order
from dashboard.sections.failure import view as failure
from dashboard.session.run_tables import Tables
from dashboard.session.session_state import GUESSING
from models.analysis.findings import findings
from models.analysis.glossary import GLOSSARY
from models.analysis.ladder import Measure, ladder
from models.analysis.learning_rate_window import rate_scores, rate_windows
from models.analysis.memory_span import memory_spans
from models.analysis.paired import paired_differences
from models.analysis.prediction import predicted_lengths
from models.analysis.statistics import result_table, trained
from models.analysis.words import join_words, number
from models.cells import cell_label
from models.experiment import Experiment
from models.tasks import make_task


@dataclass(frozen=True)
class View:
    """How the figures by length are drawn."""

    measure: Measure = "accuracy"
    log_length: bool = True
    predicted: bool = False
    """Whether with the lengths that are predicted at initialisation."""


def draw(
    experiment: Experiment,
    tables: Tables,
    view: View,
    *,
    source: str,
    name: str = "",
    guesses: Mapping[str, float] | None = None,
    recorded: bool = False,
    below: Callable[[], None] = lambda: None,
) -> None:
    """Draws everything from the memory spans to the result table.

    ``source`` names the contents of the tables: figures of the same source are made once. ``name``
    is that of the run, for people. Figures of a ``recorded`` run can replay its training in the
    browser. ``below`` draws what stands below the first of them.
    """
    failure.headline(source, experiment, tables)
    spans = cached(source, "spans", (), lambda: memory_spans(trained(tables.accuracy)))
    if not GUESSING.get():
        span_cards(spans, experiment.cells)
    guessed = dict(guesses or {})
    if judged := how_right(guessed, spans):
        st.caption(f"**{judged}**")
    predicted = predicted_lengths(tables.gradients) if view.predicted else {}

    def accuracy() -> go.Figure:
        return accuracy_by_length(
            tables.accuracy,
            baselines=ladder(make_task(experiment.task), experiment.lengths),
            cells=experiment.cells,
            spans=None if recorded else spans,
            guesses=guessed,
            predictions=predicted,
            log_length=view.log_length,
            measure=view.measure,
            title=run_title(experiment, name) if name else "",
            replay=recorded,
        )

    spoken = partial(_findings, source, tables, experiment)
    options = (view, *guessed.items())
    chart(source, "accuracy", options, accuracy, spoken, fills=True, pressed=failure.ask)
    below()
    failure.draw(source, experiment, tables)
    length = st.select_slider(
        "Sequence length of the figures below",
        experiment.lengths,
        value=experiment.lengths[-1],
        key="length_shown",
    )
    left, right = st.columns(2)
    with left:
        _profile(source, tables, experiment, length, recorded)
    with right:
        learning_chart(source, experiment, tables, length, view.measure)
        norm_chart(source, experiment, tables, length)
    if len(tables.generalisation):
        _generalisation(source, tables, experiment, view.log_length)
    if len(tables.validation):
        _learning_rates(source, tables, experiment)
    if len(tables.accuracy):
        _outcome(source, tables, experiment)


def view_options() -> View:
    """Draws the options of the figures by length."""
    with st.popover("View", icon=":material/tune:"):
        measure: Measure = st.segmented_control(
            "Measure", ("accuracy", "loss"), default="accuracy", required=True, key="measure"
        )
        log_length = st.toggle("Logarithmic length axis", value=True, key="log_length")
        predicted = st.toggle(
            "Prediction at initialisation",
            key="predict",
            help="Shows the length up to which each cell should be trainable, predicted from its "
            "gradient before training. The Gradient flow page explains how.",
        )
    return View(measure, log_length, predicted)


def replay_clock(source: str, tables: Tables, experiment: Experiment) -> None:
    """Draws the clock of a recorded run, which the memory spans follow as well."""
    steps, rows = cached(source, "clock", (), lambda: _replayed_spans(tables, experiment))
    with st.container(key="training_clock_place"):
        training_clock(source, steps, rows)


def _replayed_spans(tables: Tables, experiment: Experiment) -> tuple[list[int], list[str]]:
    """The training steps of the replay, and the row of memory spans at each."""
    accuracy = tables.accuracy
    steps = replayed(accuracy["step"])
    until = [trained(accuracy[accuracy["step"] <= step]) for step in steps]
    return steps, [span_row(memory_spans(rows), experiment.cells) for rows in until]


def _profile(
    source: str, tables: Tables, experiment: Experiment, length: int, recorded: bool
) -> None:
    states = sorted(tables.gradients["state"].unique(), reverse=True) or ["h"]
    state = st.segmented_control(
        "State",
        states,
        default="h",
        required=True,
        key="state",
        format_func=lambda state: f"∂L/∂{state}ₜ",
        label_visibility="collapsed",
    )
    chart(
        source,
        "profile",
        (length, state),
        lambda: gradient_profile(
            tables.gradients,
            length=length,
            state=state,
            cells=experiment.cells,
            replay=recorded,
        ),
    )
    st.caption(HOW_TO_READ, help=GLOSSARY["gradient profile"])


def learning_chart(
    source: str,
    experiment: Experiment,
    tables: Tables,
    length: int,
    measure: Measure = "accuracy",
) -> None:
    """Draws learning curves at one length."""
    chart(
        source,
        "learning",
        (length, measure),
        lambda: learning_curves(
            tables.accuracy,
            tables.training,
            length=length,
            baselines=ladder(make_task(experiment.task), experiment.lengths),
            measure=measure,
            cells=experiment.cells,
        ),
    )


def norm_chart(source: str, experiment: Experiment, tables: Tables, length: int) -> None:
    """Draws gradient norms over training at one length, and where they are clipped."""
    chart(
        source,
        "norm",
        (length,),
        lambda: gradient_norm(
            tables.training,
            length=length,
            clip=experiment.clip,
            clip_by=experiment.clip_by,
            cells=experiment.cells,
        ),
    )


def _generalisation(source: str, tables: Tables, experiment: Experiment, log_length: bool) -> None:
    st.header("Train short, test long", anchor=False)
    tested = sorted(set(tables.generalisation["test_length"]))
    chart(
        source,
        "generalisation",
        (log_length,),
        lambda: generalisation_by_length(
            tables.generalisation,
            baselines=ladder(make_task(experiment.task), tested),
            cells=experiment.cells,
            log_length=log_length,
        ),
    )


def _learning_rates(source: str, tables: Tables, experiment: Experiment) -> None:
    """Draws how well each cell does at each learning rate, and between which rates it learns."""
    st.header("Which learning rates work?", anchor=False)
    task = make_task(experiment.task)
    chance = {length: task.chance(length).accuracy for length in experiment.lengths}
    scores = cached(source, "rate_scores", (), lambda: rate_scores(tables.validation, chance))
    chart(source, "learning_rates", (), lambda: learning_rate_maps(scores))
    st.caption(
        "The share of right answers on validation sequences, averaged over seeds. A frame marks "
        "the rate that the cell is shown with above. A rate works where the share is above the "
        "middle between chance and 1."
    )
    with st.expander("Between which rates each cell learns"):
        windows = rate_windows(scores).rename(index=cell_label, columns="T = {}".format)
        st.table(windows.loc[[cell_label(cell) for cell in in_order(set(scores["cell"]))]])


def _findings(source: str, tables: Tables, experiment: Experiment) -> str:
    """What the run showed; empty where nothing is measured."""
    if tables.accuracy.empty:
        return ""
    return cached(
        source,
        "findings",
        (),
        lambda: findings(experiment, tables.accuracy, tables.gradients),
    )


def _outcome(source: str, tables: Tables, experiment: Experiment) -> None:
    """Draws the findings, how they were reached, and the result table."""
    st.info(_findings(source, tables, experiment), icon=":material/search:")
    span, *_ = GLOSSARY["memory span"].split(". ")
    criterion = make_task(experiment.task).criterion
    st.caption(f"{criterion} Memory span: {span[0].lower()}{span[1:]}.", help=GLOSSARY["solved"])
    if len(experiment.learning_rate) > 1:
        rates = join_words([number(rate) for rate in experiment.learning_rate])
        st.caption(
            f"Learning rates {rates} were tried. Each cell is shown at each length with the one "
            "that was best on validation sequences; the result table says which."
        )
    expander = st.expander("Result table", key="result_table", on_change="rerun")
    if expander.open:
        table = cached(source, "table", (), lambda: readable(result_table(tables.accuracy)))
        paired = cached(source, "paired", (), lambda: paired_differences(tables.accuracy))
        with expander:
            show_table(table)
            show_differences(paired)
