"""A form for one more cell, with a widget for every option."""

from __future__ import annotations

import streamlit as st

from dashboard.session.session_state import trial
from models.analysis.glossary import option_help
from models.cells import CELLS, cell_label
from models.settings import spec
from models.settings.spec import Option, SpecError, canonical

COLUMNS = 4
SMALL_RANGE = 5
"""Numbers with a range up to this are set in steps of 0.05, others in whole steps."""


def cell_builder() -> str | None:
    """Draws the form; returns the cell spec that it is set to, or None while it is closed."""
    if not st.toggle("Try one more cell", key="trial"):
        return None
    name = st.segmented_control(
        "Cell",
        list(CELLS),
        default=next(iter(CELLS)),
        required=True,
        key="trial_cell",
        format_func=cell_label,
        label_visibility="collapsed",
    )
    chosen = {}
    columns = st.columns(COLUMNS)
    for place, option in enumerate(_offered(name)):
        with columns[place % COLUMNS]:
            chosen[option.name] = _option_widget(name, option)
    text = f"{name}:" + ",".join(f"{key}={value}" for key, value in chosen.items())
    try:
        return canonical("cell", text, CELLS)
    except SpecError as error:
        st.warning(str(error))
        return None


def _offered(name: str) -> list[Option]:
    """The cell's options, without the one that its normalisation leaves without effect."""
    normalised = trial(name, "norm").get("none") != "none"
    idle = "omega" if normalised else "gamma"
    return [option for option in spec.parse("cell", name, CELLS)[0].options if option.name != idle]


def _option_widget(name: str, option: Option) -> str:
    key = trial(name, option.name).name
    if option.bounds is None:
        values = [option.default, *(value for value in option.values if value != option.default)]
        chosen = st.selectbox(
            option.label, values, key=key, help=option_help(option), format_func=option.in_words
        )
        return str(chosen)
    low, high = option.bounds
    step = 0.05 if high - low <= SMALL_RANGE else 1.0
    value = st.slider(
        option.label,
        float(low),
        float(high),
        float(option.default),
        step,
        key=key,
        help=option_help(option),
    )
    return f"{value:g}"
