"""The cells of an experiment: their names as chips in their colours, and a form for one more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.components.cell_form import cell_chip, cell_form
from dashboard.components.charts import cached, chart
from dashboard.components.live_chart import as_json, live_chart
from dashboard.components.markdown import escape_markdown
from dashboard.components.task_legend import BARE
from dashboard.figures.kept_at_start import kept_at_start_curve
from dashboard.figures.normalised import before_and_after
from dashboard.figures.style import cell_style, translucent
from dashboard.session.session_state import widget
from models.analysis.kept_at_start import kept_at_start
from models.analysis.normalised_example import AXIS, normalised, pre_activations
from models.cells import CELLS, cell_label
from models.settings import spec
from models.settings.setting import Setting
from models.settings.spec import SpecError, canonical

BAD = "#c0212d"
"""The colour of an entry that is no cell, which is filled with it."""


def cells_control(setting: Setting, length: int) -> list[str]:
    """Draws the chosen cells and the form; returns their specs, and entries that are none.

    ``length`` is the longest sequence, over which the form shows what a cell starts with.
    """
    chosen = widget(setting.name).get(list(setting.default))
    texts = st.multiselect(
        setting.label,
        list(dict.fromkeys([*suggestions(), *chosen])),
        default=list(setting.default),
        key=setting.name,
        format_func=_name,
        help=setting.help,
        accept_new_options=True,
        placeholder="Choose a cell, or type one",
    )
    problems = {text: why for text in texts if (why := problem(text))}
    chips = [
        _filled_chip(place) if text in problems else _chip(place, cell_style(text).color)
        for place, text in enumerate(texts)
    ]
    st.html(f"<style>{''.join(chips)}</style>")
    for text, why in problems.items():
        st.error(f"**{escape_markdown(text)}**: {escape_markdown(why)}")
    with st.popover("Build a cell", icon=":material/add:", width="stretch"):
        result = st.container()  # above the form, which is higher than most windows
        if built := cell_form("built", columns=2):
            with result:
                cell_chip(built)
                add_button("built", built, texts)
            _start(built, length)
    return texts


def _start(cell: str, length: int) -> None:
    """Draws what the options of a cell mean at the start, as far as it is known of it."""
    norm = spec.parse("cell", cell, CELLS)[1].get("norm", "")
    if norm in AXIS:
        _normalisation(norm, cell)
    elif (kept := kept_at_start(cell, length)) is not None:
        _kept(kept, cell, length)


def _normalisation(norm: str, cell: str) -> None:
    gamma = float(spec.parse("cell", cell, CELLS)[1]["gamma"])
    over = {"layer": "each sequence over its units", "batch": "each unit over the sequences"}[norm]
    st.caption(
        f"An example of pre-activations at one time step. {norm.capitalize()} normalisation scales "
        f"{over} to mean 0 and standard deviation γ = {gamma:g}:"
    )
    before = pre_activations()
    after = normalised(before, norm, gamma)
    drawn = cached("normalised", norm, (gamma,), lambda: as_json(before_and_after(before, after)))
    live_chart(drawn, "built_norm", BARE)


def _kept(kept: pd.DataFrame, cell: str, length: int) -> None:
    st.caption(
        "How much of its state is left some steps later, before training and without input"
        f"{' (upper limit)' if cell.startswith('rnn') else ', on average over the units'}:"
    )
    curve = partial(kept_at_start_curve, kept, cell)
    chart("start", "built_start", (cell, length), curve, prints=False)


def suggestions() -> list[str]:
    """Every registered cell, with its defaults and with each single option changed."""
    specs = []
    for name, cell in CELLS.items():
        specs.append(name)
        specs += [
            text
            for option in cell.options
            for value in option.values
            if value != option.default and not problem(text := f"{name}:{option.name}={value}")
        ]
    return specs


def add_button(form: str, cell: str, chosen: Sequence[str]) -> None:
    """Draws a form's button that adds its cell to the chosen ones, where it is not one of them."""
    there = cell in chosen
    st.button(
        "Already among the cells" if there else "Add to the cells",
        key=f"{form}_add",
        on_click=_add,
        args=(cell,),
        disabled=there,
        width="stretch",
    )


def problem(text: str) -> str:
    """Why a text is no cell; empty where it is one."""
    try:
        canonical("cell", text, CELLS)
    except SpecError as error:
        return str(error)
    return ""


def _add(cell: str) -> None:
    chosen = widget("cells")
    chosen.set([*chosen.get([]), cell])


def _name(text: str) -> str:
    return text if problem(text) else cell_label(text)


def _chip(place: int, color: str) -> str:
    return _chip_rule(place, color, translucent(color, 0.12), "inherit")


def _filled_chip(place: int) -> str:
    return _chip_rule(place, BAD, BAD, "white")


def _chip_rule(place: int, border: str, background: str, text: str) -> str:
    return (
        f'.st-key-cells [data-tag-index="{place}"] '
        f"{{border: 2px solid {border}; background: {background}; color: {text}}}"
    )
