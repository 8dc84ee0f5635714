"""Gate surgery: hold a gate, erase or swap a memory, and see what the network can still do."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard.components.cards import Card, cards
from dashboard.components.charts import chart
from dashboard.components.download_button import download_button
from dashboard.figures.inside.gate_style import full_name, gate_roles
from dashboard.figures.inside.probe_curve import probe_curve
from dashboard.figures.inside.surgery import ablation
from dashboard.figures.layout import GREY
from dashboard.figures.style import cell_style
from dashboard.scheduling.child_processes import ChildError
from dashboard.sections.inside import answers as inside_answers
from dashboard.sections.inside import sentences
from dashboard.sections.inside.answers import Operated, Operation, Share
from dashboard.sections.inside.model_choice import ModelChoice
from dashboard.sections.inside.what_it_learned import reading
from dashboard.session.session_state import INTERVENTION, OPERATION
from models.analysis.glossary import GLOSSARY
from models.exchange.csv_writing import write_csv
from models.tasks import make_task

KINDS = ("Hold a gate", "Erase a state", "Add noise to a state", "Swap two memories")
FREE = "inside_free"
"""The name of the visitor's own operation among the pressed ones."""

Intervention = dict[str, Any]
"""An intervention as a question to a process names it, in JSON values."""


def surgery(chosen: ModelChoice) -> None:
    """Draws a button for each operation, a form for any other, and the result of the last one."""
    st.header("Gate surgery: what is each gate for?", anchor=False, help=GLOSSARY["gate surgery"])
    try:
        offered = inside_answers.trace(chosen, 0, None).operations
    except ChildError as error:
        st.error(f"Gate surgery is not possible on this model: {error}")
        return
    pressed = OPERATION.get()
    with st.container(horizontal=True):
        for operation in offered:
            st.button(
                operation.title,
                key=f"operate_{operation.name}",
                on_click=_press,
                args=(operation.name,),
                help=sentences.interventions_in_words(operation.interventions),
                type="primary" if operation.name == pressed else "secondary",
            )
    _free_form(chosen)
    found = _result(chosen, offered)
    if found:
        _show(chosen, found)


def _press(name: str) -> None:
    OPERATION.set(name)


def _free_form(chosen: ModelChoice) -> None:
    """Draws a form for an intervention with any gate, value, steps and units."""
    roles, steps = gate_roles(chosen.model.cell), chosen.steps
    with st.expander("Your own operation"):
        kind = st.segmented_control(
            "What to do", KINDS, default=KINDS[0], required=True, key="inside_kind"
        )
        units: list[int] = []
        if kind in KINDS[:2]:
            units = st.multiselect(
                "Units (none chosen: all)",
                list(range(1, chosen.hidden + 1)),
                key=f"inside_units_{chosen.hidden}",
            )
        if kind == KINDS[0]:
            one = _clamp(roles.gates, steps, roles.candidate, units)
        else:
            t = st.slider("After step", 1, steps, max(steps // 2, 1), key=f"inside_at_{steps}")
            one = {"kind": "transplant", "t": t}
            if kind != KINDS[3]:
                states = roles.states[::-1]
                state = st.selectbox("State", states, key="inside_state", format_func=full_name)
                one = {"kind": "erase", "state": state, "t": t, "units": units or None}
            if kind == KINDS[2]:
                scale = st.slider(
                    "Standard deviations", 0.1, 5.0, 1.0, 0.1, key="inside_noise_scale"
                )
                one = {"kind": "noise", "state": one["state"], "t": t, "scale": scale}
        st.caption(f"This means: {sentences.interventions_in_words([one])}.")
        st.button("Apply", key="operate_free", on_click=_press_free, args=(one,))


def _clamp(gates: tuple[str, ...], steps: int, candidate: str, units: list[int]) -> Intervention:
    left, middle, right = st.columns([2, 2, 3])
    gate = left.selectbox("Gate", gates, key="inside_gate", format_func=full_name)
    mean = middle.toggle("At its mean", key="inside_at_mean")
    low = -1.0 if gate == candidate else 0.0
    to: float | str = "mean"
    if not mean:
        to = middle.slider("Held at", low, 1.0, 1.0, 0.05, key=f"inside_to_{low:g}")
    first, last = right.slider("Steps", 1, steps, (1, steps), key=f"inside_span_{steps}")
    return {
        "kind": "clamp",
        "gate": gate,
        "to": to,
        "units": units or None,
        "first": first,
        "last": last,
    }


def _press_free(one: Intervention) -> None:
    OPERATION.set(FREE)
    INTERVENTION.set(one)


def _result(chosen: ModelChoice, offered: tuple[Operation, ...]) -> Operated | None:
    pressed = OPERATION.get()
    names = [operation.name for operation in offered]
    if pressed != FREE and pressed not in names:
        st.caption("Choose an operation. The model then answers the same held-out sequences again.")
        return None
    try:
        if pressed == FREE:
            return inside_answers.operate(chosen, None, (INTERVENTION.get({}),))
        return inside_answers.operate(chosen, pressed)
    except ChildError as error:
        st.error(f"The operation failed: {error}")
        return None


def _show(chosen: ModelChoice, found: Operated) -> None:
    shade = cell_style(chosen.model.cell).color
    shown = [_card("before", found.before, GREY), _card("after", found.after, shade)]
    if found.own and found.other:
        shown.append(_card("answers for its own sequence", found.own, GREY))
        shown.append(_card("answers for the other sequence", found.other, shade))
    operation = sentences.interventions_in_words(found.interventions)
    st.markdown(f"**{found.title or 'Your operation'}**: {operation}.")
    cards(shown, "surgery")
    if found.own:
        st.caption(
            f"Counted over the {found.own.sequences} sequences whose right answer differs from "
            "that of the sequence whose memory they were given."
        )
    table = reading(found.probe, "inside_reads_operated")
    source = f"inside operation {chosen.name}, {found.interventions}"
    reads = str(table["reads"].iloc[0])
    chance = make_task(chosen.experiment.task).chance(chosen.model.length).accuracy
    chart(
        source,
        "inside_operated",
        (reads,),
        lambda: probe_curve(table, chance=chance if reads.startswith("answer") else None),
    )
    st.caption(
        "What a linear probe reads, before (dotted) and after the operation. Each probe is "
        "fitted on sequences that went through the same operation. It shows what is still in the "
        "state, even if the network's own readout can no longer use it."
    )


def _card(label: str, share: Share, shade: str) -> Card:
    note = f"{share.low:.3f} to {share.high:.3f}, {share.sequences} sequences"
    return Card(shade, label, f"{share.share:.3f}", note)


def which_gate(chosen: ModelChoice) -> None:
    """Draws the ablation table: every gate held at 0, at 1 and at its mean."""
    st.header("Which gate does this task need?", anchor=False)
    try:
        table = inside_answers.ablation(chosen)
    except ChildError as error:
        st.error(f"The gates could not be held: {error}")
        return
    chance = make_task(chosen.experiment.task).chance(chosen.model.length).accuracy
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart(
            f"inside ablation {chosen.name}",
            "inside_ablation",
            (),
            lambda: ablation(table, chance=chance),
        )
    with right:
        for text in sentences.needed(table, chance):
            st.markdown(f"- {text}")
    shown = ["gate", "to", "accuracy", "low", "high", "sequences"]
    names = table[shown].replace({"gate": {"": "none"}}).rename(columns={"to": "held at"})
    digits = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        names,
        hide_index=True,
        width="stretch",
        height="content",
        column_config=dict.fromkeys(("accuracy", "low", "high"), digits),
    )
    download_button(
        "ablation.csv", partial(write_csv, table), "ablation.csv", "inside_ablation_csv"
    )
    st.caption(
        "Each gate is held in all units and at all steps; the intervals are exact 95% intervals. "
        "The first row is the unchanged network. If a gate can be held at its mean without loss, "
        "only its mean level matters. If it cannot be held at any value, it has to change with "
        "the sequence."
    )
