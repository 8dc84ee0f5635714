"""A form for a cell, with a control for every option, and the chip that shows a cell."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.figures.style import cell_style
from dashboard.session.session_state import form_option
from models.analysis.glossary import option_help
from models.cells import CELLS, cell_label
from models.settings import spec
from models.settings.spec import Option, SpecError, canonical

SMALL_RANGE = 5
"""Numbers with a range up to this are set in steps of 0.05, others in whole steps."""


def cell_form(form: str, columns: int) -> str | None:
    """Draws the form of this name; returns the cell spec that it is set to.

    None, with the reason on the page, where its options do not go together.
    """
    name = st.segmented_control(
        "Cell",
        list(CELLS),
        default=next(iter(CELLS)),
        required=True,
        key=f"{form}_cell",
        format_func=cell_label,
        label_visibility="collapsed",
    )
    chosen = {}
    places = st.columns(columns)
    for place, option in enumerate(_offered(form, name)):
        with places[place % columns]:
            chosen[option.name] = _option_widget(form, name, option)
    text = f"{name}:" + ",".join(f"{key}={value}" for key, value in chosen.items())
    try:
        return canonical("cell", text, CELLS)
    except SpecError as error:
        st.warning(str(error))
        return None


def cell_chip(cell: str) -> None:
    """Draws a cell's name beside a dot in its colour."""
    style = cell_style(cell)
    st.html(
        f'<span class="cell-chip" style="border-color: {style.color}">'
        f'<span style="color: {style.color}">●</span> {escape(style.label)}</span>'
    )


def _offered(form: str, name: str) -> list[Option]:
    """The cell's options, without the one that its normalisation leaves without effect."""
    normalised = form_option(form, name, "norm").get("none") != "none"
    idle = "omega" if normalised else "gamma"
    return [option for option in spec.parse("cell", name, CELLS)[0].options if option.name != idle]


def _option_widget(form: str, name: str, option: Option) -> str:
    key = form_option(form, name, option.name).name
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
