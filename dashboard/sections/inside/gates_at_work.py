"""A trained cell at work: its gates along a sequence, and one unit's numbers step by step."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.components.download_button import download_button
from dashboard.components.gate_player import Walk, gate_player
from dashboard.figures.inside.cell_diagram import cell_diagram
from dashboard.figures.inside.gate_lines import gate_lines
from dashboard.figures.inside.gate_map import ORDERS, Order, gate_map, unit_order
from dashboard.figures.inside.gate_style import GateRoles, full_name, gate_roles
from dashboard.figures.layout import numbers
from dashboard.sections.inside import sentences, sequence_choice
from dashboard.sections.inside.answers import Trace
from dashboard.sections.inside.equation import equation
from dashboard.sections.inside.model_choice import ModelChoice
from dashboard.sections.inside.sequence_choice import TraceView
from models.cells import CELLS
from models.exchange.csv_writing import write_csv
from models.settings import spec
from models.tasks import make_task


def gates_at_work(chosen: ModelChoice) -> None:
    """Draws the sequence with heat maps beneath it, and one unit step by step beside them."""
    st.header("Gates and states, step by step", anchor=False)
    roles = gate_roles(chosen.model.cell)
    view = sequence_choice.choose(chosen)
    if view is None:
        return
    _verdict(chosen, view.trace)
    names, by = _what(chosen, roles)
    order = unit_order(by, view.trace.units, view.trace.values, roles)
    unit, step = _first_unit(roles, view.trace, order), _first_step(view.trace)
    left, right = st.columns([3, 2], gap="medium")
    with right, st.container(key="inside_player"):
        _unit_in_numbers(chosen, roles, view, unit, step)
    with left:
        _pictures(roles, view, names, order, unit)
        table = partial(write_csv, view.trace.table())
        download_button("gates.csv", table, "gates.csv", "inside_gates_csv")


def _verdict(chosen: ModelChoice, trace: Trace) -> None:
    """Says how accurate the model is, and what it answers to this sequence."""
    text = f"Held-out accuracy of this model: **{trace.accuracy}**."
    if trace.example:
        found = f"**{trace.predicted}**, which is {'right' if trace.right else '**wrong**'}"
        text += f" To this sequence it answers {found}; the truth is **{trace.example.answer}**."
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


def _first_unit(roles: GateRoles, trace: Trace, order: list[int]) -> int:
    """The unit to open at: the most selective one, else the one on top."""
    selective = trace.units[trace.units["gate"] == roles.selective]
    most = selective["selectivity"].abs()
    return order[0] if most.isna().all() else int(selective["unit"].tolist()[int(most.argmax())])


def _first_step(trace: Trace) -> int:
    """The step to open at: the first informative one."""
    if informative := trace.informative():
        return informative[0]
    return 0 if trace.t[0] <= 0 <= trace.t[-1] else trace.t[0]


def _unit_in_numbers(
    chosen: ModelChoice, roles: GateRoles, view: TraceView, unit: int, step: int
) -> None:
    """Draws what walks through the sequence, with the equations in numbers, and the diagram."""
    gate_player(
        walk(chosen, roles, view, unit, step),
        partial(sequence_choice.change_typed, view.typed),
    )
    if view.event is not None:
        st.caption(
            "The mean of a product is not the product of the means, so the equations are shown "
            "for one sequence only."
        )
    diagram = partial(cell_diagram, roles)
    # Its numbers, those of the chosen unit and step, are written in the browser alone.
    chart(f"inside diagram {roles.gates}", "inside_diagram", (), diagram, prints=False)
    if roles.keep:
        st.caption("The thicker the path of a gate, the further the gate is open at this step.")
    else:
        st.caption("This cell has no gates: every step overwrites the whole state.")
    described = spec.parse("cell", chosen.model.cell, CELLS)[0]
    lines = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in described.equations)
    with st.expander("The cell's equations"):
        st.latex(rf"\begin{{aligned}}{lines}\end{{aligned}}")


def walk(chosen: ModelChoice, roles: GateRoles, view: TraceView, unit: int, step: int) -> Walk:
    """The numbers of all units and steps, and the words about them."""
    trace, example = view.trace, view.trace.example
    task, length = make_task(chosen.experiment.task), chosen.model.length
    details = [
        sentences.describe_unit(roles, trace.values, example, own) if example else ""
        for own in range(1, chosen.hidden + 1)
    ]
    return Walk(
        source=view.name,
        model=chosen.name,
        t=trace.t,
        values=cached(view.name, "values", (), lambda: _rounded(trace)),
        unit=unit,
        step=step,
        words=trace.words,
        details=details,
        equation="" if view.event else equation(roles, normalised="norm=" in chosen.model.cell),
        inputs=example.symbols if example else (),
        tokens=view.tokens,
        choices=[task.symbols_at(t, length) for t in range(chosen.steps)] if view.tokens else (),
        note=view.note,
        separator="" if task.symbols_at(0, length) else " ",
    )


def _rounded(trace: Trace) -> dict[str, list[list[float | None]]]:
    return {name: [numbers(row) for row in table] for name, table in trace.values.items()}


def _pictures(
    roles: GateRoles,
    view: TraceView,
    names: list[str],
    order: list[int],
    unit: int,
) -> None:
    trace = view.trace
    chart(
        view.name,
        "inside_map",
        (tuple(names), tuple(order)),
        lambda: gate_map(
            trace.t,
            {name: trace.values[name] for name in names},
            roles=roles,
            order=order,
            example=trace.example,
            answer=trace.predicted,
            event=view.event_words,
        ),
    )
    chart(
        view.name,
        "inside_lines",
        (unit,),
        lambda: gate_lines(
            trace.t,
            {name: trace.values[name] for name in roles.names},
            roles=roles,
            unit=unit,
            informative=view.marked(),
            event=view.event_words,
        ),
    )
