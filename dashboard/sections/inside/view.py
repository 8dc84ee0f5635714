"""A trained cell at work: its gates on a sequence, one unit's numbers, what it remembers."""

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
from dashboard.figures.inside.gate_style import GateRoles, full_name, gate_roles
from dashboard.figures.inside.probe_curve import probe_curve
from dashboard.figures.inside.specialisation import selectivity, time_constants
from dashboard.scheduling.child_processes import ChildError
from dashboard.sections.inside import answers as inside_answers
from dashboard.sections.inside import sentences
from dashboard.sections.inside.answers import SEQUENCES, Trace
from dashboard.sections.inside.model_choice import ModelChoice
from models.analysis.glossary import GLOSSARY
from models.cells import CELLS
from models.exchange.files import write_csv
from models.settings import spec
from models.tasks import make_task

ONE, MEAN = "One sequence", "Mean of many sequences"
EVENTS = {
    "first": "the first informative step",
    "last": "the last informative step",
    "start": "the start",
}
MOST_MARKED = 12
"""Most informative steps that are marked by lines."""


@dataclass(frozen=True)
class TraceView:
    """A trace on show: of one sequence, or the mean over many that are aligned on an event."""

    trace: Trace
    event: str | None
    """A key of EVENTS; None where the trace is of one sequence."""
    name: str
    """Names the trace among all that charts are kept of."""

    @property
    def event_words(self) -> str:
        """The event as the time axis names it; empty at the start, where t is 1 anyway."""
        return EVENTS[self.event] if self.event in ("first", "last") else ""

    def marked(self) -> tuple[int, ...]:
        """The steps to mark by lines, counted as on the time axis; none where they are many."""
        steps = (0,) if self.event_words else self.trace.informative()
        return steps if len(steps) <= MOST_MARKED else ()


def gates_at_work(chosen: ModelChoice) -> None:
    """Draws the sequence with heat maps beneath it, and the equations and one unit beside them."""
    st.header("Gates and states, step by step", anchor=False)
    roles = gate_roles(chosen.model.cell)
    view = _trace_view(chosen)
    if view is None:
        return
    names, by = _what(chosen, roles)
    order = unit_order(by, view.trace.units, view.trace.values, roles)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _equations(chosen)
        unit = _unit(chosen, roles, view.trace, order)
        step = _step(chosen, view.trace)
        _in_numbers(chosen, roles, view, unit, step)
    with left:
        _pictures(chosen, roles, view, names, order, unit, step)
        table = partial(write_csv, view.trace.table())
        download_button("gates.csv", table, "gates.csv", "inside_gates_csv")


def _trace_view(chosen: ModelChoice) -> TraceView | None:
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
    except ChildError as error:
        st.error(f"The gates could not be traced: {error}")
        return None
    _verdict(chosen, trace)
    return TraceView(trace, event, f"inside {chosen.name}, {event or sequence}")


def _verdict(chosen: ModelChoice, trace: Trace) -> None:
    """Says how accurate the model is, and whether it is right on this sequence."""
    text = f"Held-out accuracy of this model: **{trace.accuracy}**."
    if trace.example:
        text += f" It answers this sequence {'correctly' if trace.right else '**incorrectly**'}."
    else:
        text += f" Each step is the mean of {min(trace.sequences)} to {max(trace.sequences)} "
        text += "sequences."
    st.markdown(text)
    chance = make_task(chosen.experiment.task).chance(chosen.model.length).accuracy
    if trace.accuracy.low < chance + sentences.WORTH:
        st.info(
            f"This model has learned almost nothing: chance is {chance:.3f}. See what is missing "
            "here, or choose a shorter length or another cell.",
            icon=":material/school:",
        )


def _what(chosen: ModelChoice, roles: GateRoles) -> tuple[list[str], Order]:
    left, right = st.columns([3, 2])
    names = left.pills(
        "Gates and states",
        roles.names,
        default=roles.default_names,
        selection_mode="multi",
        key=f"inside_names_{chosen.model.cell}",
        format_func=full_name,
    )
    offered = [by for by in ORDERS if roles.keep or by != "time constant"]
    by = right.selectbox(
        "Units sorted by",
        offered,
        key=f"inside_order_{chosen.model.cell}",
        help=f"The largest at the top. Selectivity: how much the mean of {roles.selective} differs "
        "between informative and other steps. Similarity: units that behave alike are neighbours.",
    )
    chosen_names = [name for name in roles.names if name in names]
    return chosen_names or list(roles.default_names), by


def _equations(chosen: ModelChoice) -> None:
    described = spec.parse("cell", chosen.model.cell, CELLS)[0]
    st.subheader("The cell's equations", anchor=False)
    lines = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in described.equations)
    st.latex(rf"\begin{{aligned}}{lines}\end{{aligned}}")


def _unit(chosen: ModelChoice, roles: GateRoles, trace: Trace, order: list[int]) -> int:
    units = list(range(1, chosen.hidden + 1))
    selective = trace.units[trace.units["gate"] == roles.selective]
    most = selective["selectivity"].abs()
    first = order[0] if most.isna().all() else int(selective["unit"].tolist()[int(most.argmax())])
    unit: int = st.selectbox(
        "Unit",
        units,
        index=first - 1,
        key=f"inside_unit_{chosen.name}",
        help="At first, the most selective unit. Its number is shown beside the heat maps.",
    )
    return unit


def _step(chosen: ModelChoice, trace: Trace) -> int:
    informative = trace.informative()
    first = informative[0] if informative else 0 if trace.t[0] <= 0 <= trace.t[-1] else trace.t[0]
    key = f"inside_step_{chosen.name}_{trace.t[0]}_{trace.t[-1]}"
    step: int = st.slider("Step t", trace.t[0], trace.t[-1], first, key=key)
    return step


def _in_numbers(
    chosen: ModelChoice, roles: GateRoles, view: TraceView, unit: int, step: int
) -> None:
    """Draws the state equation with the numbers of this unit and step, and the diagram."""
    trace = view.trace
    row = trace.t.index(step)
    now = {name: float(table[row, unit - 1]) for name, table in trace.values.items()}
    before = float(trace.values[roles.memory][row - 1, unit - 1]) if row else 0.0
    if view.event is None:
        normalised = "norm=" in chosen.model.cell
        for line in sentences.equations_with_numbers(roles, now, before, normalised=normalised):
            st.latex(line)
    else:
        st.caption(
            "The mean of a product is not the product of the means, so numbers are shown for one "
            "sequence only."
        )
    chart(
        view.name,
        "inside_diagram",
        (unit, step),
        lambda: cell_diagram(roles, now, before),
    )
    if roles.keep:
        st.caption("The thicker the path of a gate, the further the gate is open at this step.")
    else:
        st.caption("This cell has no gates: every step overwrites the whole state.")


def _pictures(
    chosen: ModelChoice,
    roles: GateRoles,
    view: TraceView,
    names: list[str],
    order: list[int],
    unit: int,
    step: int,
) -> None:
    trace = view.trace
    chart(
        view.name,
        "inside_map",
        (tuple(names), tuple(order), unit),
        lambda: gate_map(
            trace.t,
            {name: trace.values[name] for name in names},
            roles=roles,
            order=order,
            example=trace.example,
            unit=unit,
            event=view.event_words,
        ),
    )
    behaviour = trace.example and sentences.describe_unit(roles, trace.values, trace.example, unit)
    st.markdown(f"**Unit {unit}.** {behaviour or ''}")
    chart(
        view.name,
        "inside_lines",
        (unit, step),
        lambda: gate_lines(
            trace.t,
            {name: trace.values[name] for name in roles.names},
            roles=roles,
            unit=unit,
            step=step,
            informative=view.marked(),
            event=view.event_words,
        ),
    )


def specialisation(chosen: ModelChoice) -> None:
    """Draws what the units have specialised in, before and after training."""
    st.header("What the units have specialised in", anchor=False)
    try:
        trace = inside_answers.trace(chosen, 0, None)
    except ChildError as error:
        st.error(f"The units could not be measured: {error}")
        return
    roles = gate_roles(chosen.model.cell)
    delay = make_task(chosen.experiment.task).lag(chosen.model.length)
    source = f"inside units {chosen.name}"
    for text in sentences.specialised(trace.units, roles, delay):
        st.markdown(f"- {text}")
    left, right = st.columns(2)
    if roles.keep:
        with left:
            st.subheader(
                "How long each unit keeps its memory", anchor=False, help=GLOSSARY["time constant"]
            )
            draw = partial(time_constants, trace.units, keep=roles.keep, delay=delay)
            chart(source, "inside_constants", (), draw)
    if trace.units["selectivity"].notna().any():
        with right if roles.keep else left:
            st.subheader(
                "How differently each gate behaves at informative steps",
                anchor=False,
                help=GLOSSARY["selectivity"],
            )
            chart(source, "inside_selectivity", (), lambda: selectivity(trace.units))
    else:
        st.caption(
            "In this task no step is more informative than another, so selectivity is not defined."
        )


def memory(chosen: ModelChoice) -> None:
    """Draws what a linear probe reads from the states at every step."""
    st.header("What is remembered, and for how long", anchor=False, help=GLOSSARY["linear probe"])
    try:
        found = inside_answers.probe(chosen)
    except ChildError as error:
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
    texts = cached(
        source,
        "sentences",
        tuple(table["reads"].unique()),
        lambda: sentences.remembered(table),
    )
    for text in texts:
        st.markdown(f"- {text}")
    st.caption(
        f"At each step, a ridge regression fitted on {inside_answers.SCORED} sequences reads the "
        f"answer from the states of {inside_answers.SCORED} others. Bands: exact 95% intervals. "
        "Grey: a control with shuffled labels, the mean and the range over 20 shufflings. The "
        "range is wide where the states have settled into a few clusters, one for each answer: a "
        "shuffled label is then right or wrong for all sequences of a cluster at once."
    )


def reading(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows of what the visitor lets the probe read: the answer, or one of its symbols."""
    asked = list(dict.fromkeys(table["reads"]))
    if len(asked) == 1:
        return table
    reads = st.segmented_control(
        "The probe reads",
        asked,
        default=asked[0],
        required=True,
        key=key,
        format_func=sentences.target_name,
    )
    chosen: pd.DataFrame = table[table["reads"] == (reads if reads in asked else asked[0])]
    return chosen
