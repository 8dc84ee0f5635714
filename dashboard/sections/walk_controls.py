"""The controls of a walk, and the address that holds them: it opens this walk again."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard.session import current_run
from dashboard.session.session_state import WALK, Key, walk_widget
from dashboard.sidebar.address import refusal, unknown, usable
from models.diagnostics.way_back.settings import SETTINGS, WalkSettings
from models.settings.setting import Setting, in_words

WIDTHS = {"cell": 5, "weight": 4, "forget_bias": 4, "length": 3, "seed": 2}
"""The controls from left to right, with their widths."""


def settings() -> WalkSettings:
    """Draws the controls and reads them; they stay from page to page.

    They are those of the address where the visitor has just come to it.
    """
    if current_run.follow_address():
        for message in _take_over_address():
            st.warning(message, icon=":material/link_off:")
    elif walk_widget("cell").get() is None:
        _show(WALK.get(WalkSettings()))
    gated = walk_widget("cell").get() == "lstm"
    drawn = {name: width for name, width in WIDTHS.items() if gated or name != "forget_bias"}
    values = {}
    with st.container(key="walk_controls"):
        columns = st.columns(list(drawn.values()))
    for column, name in zip(columns, drawn, strict=True):
        with column:
            values[name] = _widget(SETTINGS[name], walk_widget(name))
    chosen = WalkSettings(**{**vars(WALK.get(WalkSettings())), **values})
    WALK.set(chosen)
    current_run.keep_address(address_of(chosen))
    return chosen


def address_of(chosen: WalkSettings) -> dict[str, str | list[str]]:
    """The parameters of the address that opens this walk; defaults are left out."""
    return {
        name: value if isinstance(value, str) else in_words(value)
        for name, value in vars(chosen).items()
        if value != SETTINGS[name].default
    }


def _take_over_address() -> list[str]:
    """Sets every control to what the address gives, or to its default; says what is refused."""
    messages, values = [], {}
    for name, one in SETTINGS.items():
        given = st.query_params.get_all(name)
        if not usable(given, partial(_value, one), several=False):
            messages.append(refusal(name, given, str(one.default)))
        elif given:
            values[name] = _value(one, given[0])
    if message := unknown(st.query_params, SETTINGS):
        messages.append(message)
    _show(WalkSettings(**values))
    return messages


def _value(one: Setting, text: str) -> Any:
    """The value that a text gives for a setting. Raises ValueError."""
    return one.checked(one.parse(text))


def _show(chosen: WalkSettings) -> None:
    WALK.set(chosen)
    for name in SETTINGS:
        walk_widget(name).set(getattr(chosen, name))


def _widget(one: Setting, key: Key[Any]) -> Any:
    """Draws the widget of a setting and returns its value."""
    if one.bounds is None:
        return st.segmented_control(
            one.label,
            one.choices,
            required=True,
            key=key.name,
            format_func=one.in_words,
            help=one.help,
        )
    least, most = one.bounds
    control = st.number_input if one.name == "seed" else st.slider
    return control(one.label, least, most, step=one.kind(one.step), key=key.name, help=one.help)
