"""The sidebar: every setting of an experiment as a widget, and the address that holds them all.

A widget's key is the setting's name, and so is its parameter in the address; an option of a task or
an optimiser is ``<task>_<option>``. A value in the address that cannot be used gives way to the
default and is reported. Lengths that are not given are those that show the task well.

Widgets are not bound to the address by Streamlit: it replaces the address at every turn of a
widget, and writes it several times at the press of a button that sets several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.charts import cached
from dashboard.components.live_chart import as_json, live_chart
from dashboard.components.task_legend import BARE
from dashboard.figures.truncation import reached_steps
from dashboard.session import current_run
from dashboard.session.session_state import (
    ADDRESS_MESSAGES,
    EXPERIMENT,
    SIDEBAR_PAGE,
    widget,
)
from dashboard.sidebar.address import Check, check_of, refusal, suited, unknown, usable, values_of
from dashboard.sidebar.cells import cells_control
from models.analysis.glossary import option_help
from models.analysis.words import count
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import SETTINGS
from models.optimisers import OPTIMISERS
from models.settings import spec
from models.settings.setting import Setting
from models.settings.spec import Option, Registered
from models.store.run import Run
from models.tasks import TASKS, make_task

NAMED: Mapping[str, Mapping[str, type[Registered]]] = {"task": TASKS, "optimiser": OPTIMISERS}
"""The settings that are one of a registry, with options of their own."""
OVER_THE_PAGE = "Choose your settings, close this with « at the top, and press **Train**."
"""What to do where the sidebar lies over the page."""
COMMON = ("task", "cells", "lengths", "seeds", "steps", "match")
"""The settings that are always visible; all others are under Advanced."""


@dataclass(frozen=True)
class Settings:
    """The experiment that the sidebar is set to, and what was wrong with it."""

    experiment: Experiment | None
    """Where there is a problem, the last one before it, if any."""
    problem: str
    """Why what the sidebar is set to cannot be run, or empty."""
    messages: tuple[str, ...]
    """Messages about settings in the address that could not be used."""


def settings(*, arrived: bool, others: Iterable[str] = ()) -> Settings:
    """Draws the sidebar and reads it; settings stay from page to page.

    They are those of the address where the visitor has just ``arrived`` at it. ``others`` are the
    parameters of the address that are the page's own.
    """
    elsewhere = _drawn_elsewhere()
    grown = current_run.follow_growth()
    if run := current_run.current() if arrived else None:
        show(run.experiment)
    elif grown:
        show(grown)
    elif arrived:
        _take_over_address(others)
    elif (kept := EXPERIMENT.get()) and (elsewhere or widget("task").get() is None):
        show(kept)
    with st.sidebar:
        with st.container(key="over_the_page"):
            st.caption(OVER_THE_PAGE)
        values = {name: _value(SETTINGS[name]) for name in COMMON}
        with st.expander("Advanced"):
            advanced = (one for one in SETTINGS.values() if one.name not in COMMON)
            values |= {one.name: _value(one) for one in advanced}
    messages = tuple(ADDRESS_MESSAGES.get([]))
    try:
        experiment = Experiment.from_mapping(values)
        experiment.check_trainable()
        EXPERIMENT.set(experiment)
        return Settings(experiment, "", messages)
    except ExperimentError as error:
        return Settings(EXPERIMENT.get(), str(error), messages)


def _drawn_elsewhere() -> bool:
    """Whether the sidebar was last drawn by another page, whose widgets are not this page's."""
    context = get_script_run_ctx()
    page = context.page_script_hash if context else ""
    before = SIDEBAR_PAGE.get(page)
    SIDEBAR_PAGE.set(page)
    return before != page


def show(experiment: Experiment) -> None:
    """Sets every widget to this experiment; call it before they are drawn, as in a callback."""
    for one in SETTINGS.values():
        value = getattr(experiment, one.name)
        if one.name in NAMED:
            name, options = _parsed(one, value)
            widget(one.name).set(name)
            for option, chosen in options.items():
                widget(f"{name}_{option}").set(chosen)
        else:
            widget(one.name).set(_texts(value) if one.several else value)
    EXPERIMENT.set(experiment)
    ADDRESS_MESSAGES.take()


def keep_address(run: Run | None, experiment: Experiment | None, why: str = "") -> None:
    """Makes the address that of the run on show, or else of the experiment in the sidebar.

    ``why`` is what is asked of what is shown, if anything. While the sidebar has no experiment that
    can be run, the address stays as it was.
    """
    asked = {"why": why} if why else {}
    if run:
        current_run.keep_address({"run": run.id, **asked})
    elif experiment:
        current_run.keep_address({**address_of(experiment), **asked})


def address_of(experiment: Experiment) -> dict[str, str | list[str]]:
    """The parameters of the address that opens this experiment; defaults are left out."""
    task, _ = _parsed(SETTINGS["task"], experiment.task)
    address: dict[str, str | list[str]] = {}
    options_of: dict[str, str] = {}
    for one in SETTINGS.values():
        value = getattr(experiment, one.name)
        if one.name in NAMED:
            value, options = _parsed(one, value)
            defaults = {option.name: option.default for option in NAMED[one.name][value].options}
            options_of |= {
                f"{value}_{option}": chosen
                for option, chosen in options.items()
                if chosen != defaults[option]
            }
        if value != suited(one, task).default:
            address[one.name] = _texts(value) if one.several else str(value)
    return address | options_of


def _suit_lengths() -> None:
    """Sets the lengths to those that suit the chosen task."""
    task = TASKS[_task_name()]
    widget("lengths").set(_texts(task.lengths))
    widget("test_lengths").set([])


def _take_over_address(others: Iterable[str]) -> None:
    """Sets every widget to what the address gives, or to its default; says what cannot be used."""
    messages: list[str] = []
    known = [*SETTINGS, *others]
    for name, registry in NAMED.items():
        one = _names(SETTINGS[name])
        texts = _usable(one, check_of(one, ""), messages)
        chosen = texts[0] if texts else one.default
        widget(name).set(chosen)
        for option in registry[chosen].options:
            own = _as_setting(chosen, option)
            texts = _usable(own, option.read, messages)
            widget(own.name).set(option.read(texts[0]) if texts else own.default)
            known.append(own.name)
    task = _task_name()
    for one in (suited(one, task) for one in SETTINGS.values() if one.name not in NAMED):
        texts = _usable(one, check_of(one, task), messages)
        if one.several:
            widget(one.name).set(texts or _texts(one.default))
        else:
            widget(one.name).set(one.parse(texts[0]) if texts else one.default)
    if message := unknown(st.query_params, known):
        messages.append(message)
    ADDRESS_MESSAGES.set(messages)


def _usable(setting: Setting, check: Check, messages: list[str]) -> list[str]:
    """What the address gives for a setting; empty where that cannot be used, which is reported."""
    given = st.query_params.get_all(setting.name)
    if usable(given, check, several=setting.several):
        return given
    default = _texts(setting.default) if setting.several else str(setting.default)
    messages.append(refusal(setting.name, given, default))
    return []


def _value(setting: Setting) -> Any:
    """Draws the widget of a setting and returns its value."""
    if setting.name in NAMED:
        return _named(setting)
    if setting.name == "cells":
        return cells_control(setting, _longest())
    if setting.several:
        return values_of(setting, _many(suited(setting, _task_name())))
    if setting.bounds is None:
        return _one(setting)
    least, most = setting.bounds
    value = st.number_input(
        setting.label,
        min_value=least,
        max_value=most,
        value=setting.default,
        step=setting.kind(setting.step),
        key=setting.name,
        help=setting.help,
    )
    if setting.name == "truncate" and value:
        _reached(value)
    return value


def _reached(truncate: int) -> None:
    """Draws which steps of the longest sequence a truncated gradient reaches."""
    text, length = _task_text(), _longest()
    task = make_task(text)
    if length < task.minimum_length:
        return
    reached = min(truncate, task.steps(length))
    st.caption(
        f"From the loss at the last step, the gradient reaches the last {count(reached, 'step')} "
        f"of {task.steps(length):,} (blue). Orange: steps that the answer depends on."
    )

    def figure() -> go.Figure:
        return reached_steps(task.example(np.random.default_rng(0), length), truncate)

    drawn = cached("truncation", "reached", (text, length, truncate), lambda: as_json(figure()))
    live_chart(drawn, "reached_steps", BARE)


def _task_text() -> str:
    """The spec of the task that the sidebar is set to."""
    name = _task_name()
    chosen = (
        f"{option.name}={widget(f'{name}_{option.name}').get(option.default)}"
        for option in TASKS[name].options
    )
    return f"{name}:{','.join(chosen)}"


def _names(setting: Setting) -> Setting:
    """One of NAMED without its options: the choice of what is registered now."""
    registry = NAMED[setting.name]
    titles = {name: one.title for name, one in registry.items()}
    return replace(setting, choices=tuple(registry), words=titles)


def _named(setting: Setting) -> str:
    """Draws what is registered and the options of what is chosen; returns the spec text."""
    name = _one(_names(setting), on_change=_suit_lengths if setting.name == "task" else None)
    chosen = [
        f"{option.name}={_one(_as_setting(name, option), typed=option.bounds is not None)}"
        for option in NAMED[setting.name][name].options
    ]
    return f"{name}:{','.join(chosen)}"


def _one(
    setting: Setting, on_change: Callable[[], None] | None = None, *, typed: bool = False
) -> str:
    """Draws a box for one of the choices, or another that is ``typed``."""
    shown = [*setting.choices, *([widget(setting.name).get(setting.default)] if typed else [])]
    chosen: str = st.selectbox(
        setting.label,
        list(dict.fromkeys(shown)),
        index=setting.choices.index(setting.default),
        key=setting.name,
        help=setting.help,
        on_change=on_change,
        format_func=setting.in_words,
        accept_new_options=typed,
    ) or str(setting.default)
    return chosen


def _many(setting: Setting) -> list[str]:
    """Draws a box for several values: suggestions, or others that are typed."""
    default = _texts(setting.default)
    shown = [*setting.suggestions, *default, *widget(setting.name).get([])]
    return st.multiselect(
        setting.label,
        list(dict.fromkeys(shown)),
        default=default,
        key=setting.name,
        help=f"{setting.help} You can type other values.",
        accept_new_options=True,
    )


def _longest() -> int:
    """The longest sequence that the sidebar is set to."""
    lengths = suited(SETTINGS["lengths"], _task_name())
    chosen = values_of(lengths, widget("lengths").get(_texts(lengths.default)))
    whole = [length for length in chosen if isinstance(length, int)]
    return min(max(whole, default=lengths.default[-1]), int((lengths.bounds or (0, 0))[1]))


def _task_name() -> str:
    return str(widget("task").get(SETTINGS["task"].default))


def _as_setting(owner: str, option: Option) -> Setting:
    """An option as a setting, which the address has under the names of its owner and itself."""
    return Setting(
        option.label,
        option_help(option),
        choices=option.values,
        words=option.words,
        name=f"{owner}_{option.name}",
        default=option.default,
    )


def _parsed(setting: Setting, text: str) -> tuple[str, dict[str, str]]:
    chosen, options = spec.parse(setting.name, text, NAMED[setting.name])
    return chosen.name, options


def _texts(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]
