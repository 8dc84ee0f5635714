"""A trained cell at work: its gates on a sequence, one unit in numbers, what it remembers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.components.download_button import download_button
from dashboard.figures.inside.cell_diagram import cell_diagram
from dashboard.figures.inside.gate_lines import gate_lines
from dashboard.figures.inside.gate_map import ORDERS, Order, gate_map, unit_order
from dashboard.figures.inside.gate_style import Anatomy, anatomy, words
from dashboard.figures.inside.probe_curve import probe_curve
from dashboard.figures.inside.specialisation import selectivity, time_constants
from dashboard.scheduling.questions import QuestionError
from dashboard.sections.inside import answers as inside_answers
from dashboard.sections.inside import words as inside_words
from dashboard.sections.inside.answers import SEQUENCES, Trace
from dashboard.sections.inside.model_choice import ModelChoice
from models.cells import CELLS
from models.exchange.files import csv_bytes
from models.settings import spec
from models.tasks import make_task

ONE, MEAN = "One sequence", "Mean over many"
EVENTS = {
    "first": "the first informative step",
    "last": "the last informative step",
    "start": "the start",
}
MOST_MARKED = 12
"""Informative steps that are marked by lines."""


@dataclass(frozen=True)
class TraceView:
    """What is looked at: which sequence, or the mean over many aligned on an event."""

    trace: Trace
    event: str | None
    name: str

    @property
    def event_words(self) -> str:
        """For the time axis; the start is where t is counted from anyway."""
        return EVENTS[self.event] if self.event in ("first", "last") else ""

    def marked(self) -> tuple[int, ...]:
        steps = (0,) if self.event_words else self.trace.informative()
        return steps if len(steps) <= MOST_MARKED else ()


def gates_at_work(chosen: ModelChoice) -> None:
    """The sequence, the heat maps beneath it, the equations and one unit beside them."""
    st.markdown("#### Gates and states, step by step")
    parts = anatomy(chosen.model.cell)
    sight = _sight(chosen)
    if sight is None:
        return
    names, by = _what(chosen, parts)
    order = unit_order(by, sight.trace.units, sight.trace.values, parts)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _equations(chosen)
        unit = _unit(chosen, parts, sight.trace, order)
        step = _step(chosen, sight.trace)
        _in_numbers(chosen, parts, sight, unit, step)
    with left:
        _pictures(chosen, parts, sight, names, order, unit, step)
        table = partial(csv_bytes, sight.trace.table())
        download_button("gates.csv", table, "gates.csv", "inside_gates_csv")


def _sight(chosen: ModelChoice) -> TraceView | None:
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    way = left.segmented_control(
        "Look at", (ONE, MEAN), default=ONE, required=True, key="inside_way"
    )
    event: str | None = None
    sequence = 0
    if way == MEAN:
        event = right.selectbox(
            "Aligned on", list(EVENTS), key="inside_event", format_func=lambda name: EVENTS[name]
        )
    else:
        sequence = (
            right.slider(
                "Held-out sequence", 1, SEQUENCES, 1, key="inside_sequence", persist_state="session"
            )
            - 1
        )
    try:
        trace = inside_answers.trace(chosen, sequence, event)
    except QuestionError as error:
        st.error(f"The gates could not be traced: {error}")
        return None
    _verdict(chosen, trace)
    return TraceView(trace, event, f"inside {chosen.name}, {event or sequence}")


def _verdict(chosen: ModelChoice, trace: Trace) -> None:
    """How good the model is, and whether it is right on this sequence."""
    text = f"Held-out accuracy of this model: **{trace.accuracy}**."
    if trace.example:
        text += f" This sequence it answers {'rightly' if trace.right else '**wrongly**'}."
    else:
        text += f" Each step is the mean of {min(trace.sequences)} to {max(trace.sequences)} "
        text += "sequences."
    st.markdown(text)
    chance = make_task(chosen.experiment.task).chance(chosen.model.length).accuracy
    if trace.accuracy.low < chance + inside_words.WORTH:
        st.info(
            f"This model has hardly learned its task: by chance it would reach {chance:.3f}. See "
            "what is missing here, or choose a shorter length or another cell.",
            icon=":material/school:",
        )


def _what(chosen: ModelChoice, parts: Anatomy) -> tuple[list[str], Order]:
    left, right = st.columns([3, 2])
    names = left.pills(
        "Gates and states",
        parts.names,
        default=parts.first_to_see,
        selection_mode="multi",
        key=f"inside_names_{chosen.model.cell}",
        format_func=lambda name: words(name).split(":")[0],
    )
    offered = [by for by in ORDERS if parts.keep or by != "time constant"]
    by = right.selectbox(
        "Units sorted by",
        offered,
        key=f"inside_order_{chosen.model.cell}",
        help=f"The largest on top. Selectivity: how far the mean of {parts.selective} differs "
        "between informative and other steps. Similarity: units that behave alike are neighbours.",
    )
    chosen_names = [name for name in parts.names if name in names]
    return chosen_names or list(parts.first_to_see), by


def _equations(chosen: ModelChoice) -> None:
    described = spec.parse("cell", chosen.model.cell, CELLS)[0]
    st.markdown("**The cell's equations**")
    lines = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in described.equations)
    st.latex(rf"\begin{{aligned}}{lines}\end{{aligned}}")


def _unit(chosen: ModelChoice, parts: Anatomy, trace: Trace, order: list[int]) -> int:
    units = list(range(1, chosen.hidden + 1))
    selective = trace.units[trace.units["gate"] == parts.selective]
    most = selective["selectivity"].abs()
    first = order[0] if most.isna().all() else int(selective["unit"].tolist()[int(most.argmax())])
    unit: int = st.selectbox(
        "Unit",
        units,
        index=first - 1,
        key=f"inside_unit_{chosen.name}",
        help="At first the most selective one. The number stands beside the heat maps.",
    )
    return unit


def _step(chosen: ModelChoice, trace: Trace) -> int:
    informative = trace.informative()
    first = informative[0] if informative else 0 if trace.t[0] <= 0 <= trace.t[-1] else trace.t[0]
    key = f"inside_step_{chosen.name}_{trace.t[0]}_{trace.t[-1]}"
    step: int = st.slider("Step t", trace.t[0], trace.t[-1], first, key=key)
    return step


def _in_numbers(
    chosen: ModelChoice, parts: Anatomy, sight: TraceView, unit: int, step: int
) -> None:
    """The state equation with the numbers of this unit and step, and the diagram."""
    trace = sight.trace
    row = trace.t.index(step)
    now = {name: float(table[row, unit - 1]) for name, table in trace.values.items()}
    before = float(trace.values[parts.memory][row - 1, unit - 1]) if row else 0.0
    if sight.event is None:
        normalised = "norm=" in chosen.model.cell
        for line in inside_words.equations_with_numbers(parts, now, before, normalised=normalised):
            st.latex(line)
    else:
        st.caption("A mean of products is no product of means: see one sequence for the numbers.")
    chart(
        sight.name,
        "inside_diagram",
        (unit, step),
        lambda: cell_diagram(parts, now, before),
    )
    if parts.keep:
        st.caption("The thicker a gate's path, the further the gate is open at this step.")
    else:
        st.caption("No gate here: each step writes the whole state anew.")


def _pictures(
    chosen: ModelChoice,
    parts: Anatomy,
    sight: TraceView,
    names: list[str],
    order: list[int],
    unit: int,
    step: int,
) -> None:
    trace = sight.trace
    chart(
        sight.name,
        "inside_map",
        (tuple(names), tuple(order), unit),
        lambda: gate_map(
            trace.t,
            {name: trace.values[name] for name in names},
            parts=parts,
            order=order,
            example=trace.example,
            unit=unit,
            event=sight.event_words,
        ),
    )
    sentences = trace.example and inside_words.describe_unit(
        parts, trace.values, trace.example, unit
    )
    st.markdown(f"**Unit {unit}.** {sentences or ''}")
    chart(
        sight.name,
        "inside_lines",
        (unit, step),
        lambda: gate_lines(
            trace.t,
            {name: trace.values[name] for name in parts.names},
            parts=parts,
            unit=unit,
            step=step,
            informative=sight.marked(),
            event=sight.event_words,
        ),
    )


def specialisation(chosen: ModelChoice) -> None:
    """What the units have become, before and after training."""
    st.markdown("#### What the units have specialised in")
    try:
        trace = inside_answers.trace(chosen, 0, None)
    except QuestionError as error:
        st.error(f"The units could not be measured: {error}")
        return
    parts = anatomy(chosen.model.cell)
    delay = make_task(chosen.experiment.task).lag(chosen.model.length)
    source = f"inside units {chosen.name}"
    for text in inside_words.specialised(trace.units, parts, delay):
        st.markdown(f"- {text}")
    left, right = st.columns(2)
    if parts.keep:
        with left:
            st.markdown("**How long each unit keeps its memory**")
            draw = partial(time_constants, trace.units, keep=parts.keep, delay=delay)
            chart(source, "inside_constants", (), draw)
    if trace.units["selectivity"].notna().any():
        with right if parts.keep else left:
            st.markdown("**How far each gate tells informative steps from others**")
            chart(source, "inside_selectivity", (), lambda: selectivity(trace.units))
    else:
        st.caption(
            "In this task no step is more informative than another: selectivity is not defined."
        )


def memory(chosen: ModelChoice) -> None:
    """What a linear probe reads from the states at every step."""
    st.markdown("#### What is remembered, and for how long")
    try:
        found = inside_answers.probe(chosen)
    except QuestionError as error:
        st.error(f"The probe could not be fitted: {error}")
        return
    source = f"inside probe {chosen.name}"
    table = reading(found.table, "inside_reads")
    answer = table["reads"].iloc[0].startswith("answer")
    chart(
        source,
        "inside_probe",
        tuple(table["reads"].unique()),
        lambda: probe_curve(table, chance=found.chance if answer else None),
    )
    sentences = cached(
        source,
        "sentences",
        tuple(table["reads"].unique()),
        lambda: inside_words.remembered(table),
    )
    for text in sentences:
        st.markdown(f"- {text}")
    st.caption(
        f"At each step a ridge regression, fitted on {inside_answers.SCORED} sequences, reads the "
        f"answer from the state of {inside_answers.SCORED} others. Bands: exact 95 % intervals. "
        "Grey, the control: the same with the labels shuffled in 20 ways, their mean and the range "
        "from the worst to the best. The range widens where the state has settled into a few "
        "places, one for each answer: a shuffled label is then right or wrong for all sequences in "
        "a place at once."
    )


def reading(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """What the probe is asked for, where there is more than the answer."""
    asked = list(dict.fromkeys(table["reads"]))
    if len(asked) == 1:
        return table
    reads = st.segmented_control(
        "The probe reads",
        asked,
        default=asked[0],
        required=True,
        key=key,
        format_func=lambda name: name.replace("part", "its part"),
    )
    chosen: pd.DataFrame = table[table["reads"] == (reads if reads in asked else asked[0])]
    return chosen
