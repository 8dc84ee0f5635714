"""The sidebar: every setting of an experiment as a widget, and the address that holds them all.

A widget's key is the setting's name, and so is its parameter in the address; a task's option is
``<task>_<option>``. A value in the address that cannot be used gives way to the default and is
reported. Lengths that are not given are those that show the task well.

Widgets are not bound to the address by Streamlit: it replaces the address at every turn of a
widget, and writes it several times at the press of a button that sets several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.session import current_run
from dashboard.session.session_state import (
    ADDRESS_MESSAGES,
    EXPERIMENT,
    SIDEBAR_PAGE,
    widget,
)
from dashboard.sidebar.address import check_of, refusal, suited, unknown, usable, values_of
from dashboard.sidebar.cells import cells_control
from models.analysis.glossary import option_help
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import SETTINGS
from models.settings import spec
from models.settings.setting import Setting
from models.settings.spec import Option
from models.store.run import Run
from models.tasks import TASKS

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


def settings() -> Settings:
    """Draws the sidebar and reads it; settings stay from page to page.

    They are those of the address where the visitor has just come to it.
    """
    arrived, elsewhere = current_run.follow_address(), _drawn_elsewhere()
    if run := current_run.current() if arrived else None:
        show(run.experiment)
    elif arrived:
        _take_over_address()
    elif (kept := EXPERIMENT.get()) and (elsewhere or widget("task").get() is None):
        show(kept)
    with st.sidebar:
        values = {name: _value(SETTINGS[name]) for name in COMMON}
        with st.expander("Advanced"):
            others = (one for one in SETTINGS.values() if one.name not in COMMON)
            values |= {one.name: _value(one) for one in others}
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
    name, options = _parsed_task(experiment.task)
    widget("task").set(name)
    for option, value in options.items():
        widget(f"{name}_{option}").set(value)
    for one in SETTINGS.values():
        if one.name != "task":
            value = getattr(experiment, one.name)
            widget(one.name).set(_texts(value) if one.several else value)
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
    name, options = _parsed_task(experiment.task)
    address: dict[str, str | list[str]] = {}
    for one in SETTINGS.values():
        value = name if one.name == "task" else getattr(experiment, one.name)
        if value != suited(one, name).default:
            address[one.name] = _texts(value) if one.several else str(value)
    defaults = {option.name: option.default for option in TASKS[name].options}
    return address | {
        f"{name}_{option}": value for option, value in options.items() if value != defaults[option]
    }


def _suit_lengths() -> None:
    """Sets the lengths to those that suit the chosen task."""
    task = TASKS[_task_name()]
    widget("lengths").set(_texts(task.lengths))
    widget("test_lengths").set([])


def _take_over_address() -> None:
    """Sets every widget to what the address gives, or to its default; says what cannot be used."""
    messages: list[str] = []
    texts = _usable(_task_setting(), messages)
    name = texts[0] if texts else _task_setting().default
    widget("task").set(name)
    others = [suited(one, name) for one in SETTINGS.values() if one.name != "task"]
    for one in (*(_as_setting(name, option) for option in TASKS[name].options), *others):
        texts = _usable(one, messages)
        if one.several:
            widget(one.name).set(texts or _texts(one.default))
        else:
            widget(one.name).set(one.parse(texts[0]) if texts else one.default)
    known = ["task", *(f"{name}_{option.name}" for option in TASKS[name].options)]
    if message := unknown(st.query_params, [*known, *(one.name for one in others)]):
        messages.append(message)
    ADDRESS_MESSAGES.set(messages)


def _usable(setting: Setting, messages: list[str]) -> list[str]:
    """What the address gives for a setting; empty where that cannot be used, which is reported."""
    given = st.query_params.get_all(setting.name)
    if usable(given, check_of(setting, _task_name()), several=setting.several):
        return given
    default = _texts(setting.default) if setting.several else str(setting.default)
    messages.append(refusal(setting.name, given, default))
    return []


def _value(setting: Setting) -> Any:
    """Draws the widget of a setting and returns its value."""
    if setting.name == "task":
        return _task()
    if setting.name == "cells":
        return cells_control(setting, _longest())
    if setting.several:
        return values_of(setting, _many(suited(setting, _task_name())))
    if setting.bounds is None:
        return _one(setting)
    least, most = setting.bounds
    return st.number_input(
        setting.label,
        min_value=least,
        max_value=most,
        value=setting.default,
        step=setting.kind(setting.step),
        key=setting.name,
        help=setting.help,
    )


def _task_setting() -> Setting:
    """The task without its options, of those that are registered now."""
    titles = {name: task.title for name, task in TASKS.items()}
    return replace(SETTINGS["task"], choices=tuple(TASKS), words=titles)


def _task() -> str:
    """Draws the tasks and the chosen one's options; returns the spec text."""
    name = _one(_task_setting(), on_change=_suit_lengths)
    chosen = [f"{option.name}={_one(_as_setting(name, option))}" for option in TASKS[name].options]
    return f"{name}:{','.join(chosen)}"


def _one(setting: Setting, on_change: Callable[[], None] | None = None) -> str:
    """Draws a box for one of the choices."""
    return st.selectbox(
        setting.label,
        setting.choices,
        index=setting.choices.index(setting.default),
        key=setting.name,
        help=setting.help,
        on_change=on_change,
        format_func=setting.in_words,
    )


def _many(setting: Setting) -> list[str]:
    """Draws a box for several values: suggestions, or others that are typed."""
    default = _texts(setting.default)
    shown = [*setting.suggestions, *default, *widget(setting.name).get([])]
    return st.multiselect(
        setting.label,
        list(dict.fromkeys(shown)),
        default=default,
        key=setting.name,
        help=f"{setting.help} Others can be typed.",
        accept_new_options=True,
    )


def _longest() -> int:
    """The longest sequence that the sidebar is set to."""
    lengths = suited(SETTINGS["lengths"], _task_name())
    chosen = values_of(lengths, widget("lengths").get(lengths.default))
    whole = [length for length in chosen if isinstance(length, int)]
    return min(max(whole, default=lengths.default[-1]), int((lengths.bounds or (0, 0))[1]))


def _task_name() -> str:
    return str(widget("task").get(SETTINGS["task"].default))


def _as_setting(task: str, option: Option) -> Setting:
    """A task's option as a setting, which the address has under the names of both."""
    return Setting(
        option.label,
        option_help(option),
        choices=option.values,
        words=option.words,
        name=f"{task}_{option.name}",
        default=option.default,
    )


def _parsed_task(text: str) -> tuple[str, dict[str, str]]:
    task, options = spec.parse("task", text, TASKS)
    return task.name, options


def _texts(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]
