"""What a trained cell's units have specialised in, and what it remembers."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.figures.inside.gate_style import gate_roles
from dashboard.figures.inside.probe_curve import probe_curve
from dashboard.figures.inside.specialisation import selectivity, time_constants
from dashboard.scheduling.child_processes import ChildError
from dashboard.sections.inside import answers as inside_answers
from dashboard.sections.inside import sentences
from dashboard.sections.inside.model_choice import ModelChoice
from models.analysis.glossary import GLOSSARY
from models.tasks import make_task


def specialisation(chosen: ModelChoice) -> None:
    """Draws what the units have specialised in, before and after training."""
    st.header("What the units have specialised in", anchor=False)
    try:
        trace = inside_answers.trace(chosen, 0)
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
        f"At each step, a ridge regression fitted on up to {inside_answers.SCORED} sequences reads "
        f"the answer from the states of up to {inside_answers.SCORED} others. Bands: exact 95% "
        "intervals. Grey: a control with shuffled labels, the mean and the range over 20 "
        "shufflings. The range is wide where the states have settled into a few clusters, one for "
        "each answer: a shuffled label is then right or wrong for all sequences of a cluster at "
        "once."
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
