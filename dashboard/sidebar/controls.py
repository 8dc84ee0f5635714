"""The sidebar: every setting of an experiment as a widget, bound to the address.

A widget's key is the setting's name, and so is its parameter in the address; a task's option is
``<task>_<option>``. A value in the address that cannot be used gives way to the default and is
reported. Lengths that are not given are those that show the task well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from dashboard.session.session_state import (
    ADDRESS_MESSAGES,
    ADDRESS_RESETS,
    ADDRESS_SEEN,
    EXPERIMENT,
    widget,
)
from dashboard.sidebar.address import check_of, refusal, suited, unknown, usable, values_of
from models.analysis.glossary import option_help
from models.cells import CELLS, make_cell
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import SETTINGS
from models.settings import spec
from models.settings.setting import Setting
from models.settings.spec import Option
from models.tasks import TASKS

COMMON = ("task", "cells", "lengths", "seeds", "steps", "match")
"""The settings that are always visible; all others are under Advanced."""


@dataclass(frozen=True)
class Settings:
    """The experiment that the sidebar is set to, and what was wrong with it."""

    experiment: Experiment | None
    problem: str
    """Why the experiment cannot be run, or empty."""
    messages: tuple[str, ...]
    """Messages about settings in the address that could not be used."""


def settings() -> Settings:
    """Draws the sidebar and reads it; settings stay from page to page."""
    kept = EXPERIMENT.get()
    if kept and widget("task").get() is None:
        show(kept)
        st.query_params.update(address_of(kept))
    address = _Address()
    with st.sidebar:
        values = {name: address.value(SETTINGS[name]) for name in COMMON}
        with st.expander("Advanced"):
            others = (one for one in SETTINGS.values() if one.name not in COMMON)
            values |= {one.name: address.value(one) for one in others}
    address.done()
    messages = tuple(ADDRESS_MESSAGES.get([]))
    try:
        experiment = Experiment.from_mapping(values)
        experiment.check_trainable()
        EXPERIMENT.set(experiment)
        return Settings(experiment, "", messages)
    except ExperimentError as error:
        return Settings(None, str(error), messages)


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
    ADDRESS_SEEN.set(True)


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


def cell_suggestions() -> list[str]:
    """Every registered cell, with its defaults and with each single option changed."""
    suggestions = []
    for name, cell in CELLS.items():
        suggestions.append(name)
        suggestions += [
            text
            for option in cell.options
            for value in option.values
            if value != option.default
            and usable([text := f"{name}:{option.name}={value}"], make_cell, several=True)
        ]
    return suggestions


def _suit_lengths() -> None:
    """Sets the lengths to those that suit the chosen task."""
    task = TASKS[_task_name()]
    widget("lengths").set(_texts(task.lengths))
    widget("test_lengths").set([])


class _Address:
    """Widgets bound to the address; what a widget cannot use gives way to its default."""

    def __init__(self) -> None:
        self._first = not ADDRESS_SEEN.get()
        ADDRESS_SEEN.set(True)
        self._drawn: list[str] = []
        self._messages: list[str] = []
        self._resets: dict[str, Any] = {}
        for key, value in (ADDRESS_RESETS.take() or {}).items():
            widget(key).set(value)

    def value(self, setting: Setting) -> Any:
        """Draws the widget of a setting and returns its value."""
        if setting.name == "task":
            return self._task(setting)
        if setting.several:
            return values_of(setting, self._many(suited(setting, _task_name())))
        if setting.bounds is None:
            return self._one(setting)
        least, most = setting.bounds
        return st.number_input(
            setting.label,
            min_value=least,
            max_value=most,
            value=setting.default,
            step=setting.kind(setting.step),
            key=setting.name,
            help=setting.help,
            bind=self._bind(setting, setting.default),
        )

    def _task(self, setting: Setting) -> str:
        """Draws the tasks and the chosen one's options; returns the spec text."""
        name = self._one(replace(setting, choices=tuple(TASKS)), on_change=_suit_lengths)
        chosen = [
            f"{option.name}={self._one(_as_setting(name, option))}"
            for option in TASKS[name].options
        ]
        return f"{name}:{','.join(chosen)}"

    def _one(self, setting: Setting, on_change: Callable[[], None] | None = None) -> str:
        """Draws a box for one of the choices."""
        return st.selectbox(
            setting.label,
            setting.choices,
            index=setting.choices.index(setting.default),
            key=setting.name,
            help=setting.help,
            on_change=on_change,
            bind=self._bind(setting, setting.default),
        )

    def _many(self, setting: Setting) -> list[str]:
        """Draws a box for several values: suggestions, or others that are typed."""
        suggestions = cell_suggestions() if setting.name == "cells" else setting.suggestions
        default = _texts(setting.default)
        shown = [*suggestions, *default, *widget(setting.name).get([])]
        return st.multiselect(
            setting.label,
            list(dict.fromkeys(shown)),
            default=default,
            key=setting.name,
            help=f"{setting.help} Others can be typed.",
            accept_new_options=True,
            bind=self._bind(setting, default),
        )

    def done(self) -> None:
        """Starts the page again where defaults replaced values; call it after the last widget."""
        if self._first and (message := unknown(st.query_params, self._drawn)):
            self._messages.append(message)
        if self._messages:
            ADDRESS_MESSAGES.set(self._messages)
        if self._resets:
            ADDRESS_RESETS.set(self._resets)
            st.rerun()

    def _bind(self, setting: Setting, default: Any) -> Literal["query-params"] | None:
        """How to bind a widget to the address: not at all while an unusable value stands there.

        Streamlit itself drops what a widget cannot hold without a word, cuts 2.5 to 2, and lets
        texts of any kind into a list.
        """
        key = setting.name
        self._drawn.append(key)
        given = st.query_params.get_all(key) if self._first else []
        if usable(given, check_of(setting, _task_name()), several=setting.several):
            return "query-params"
        del st.query_params[key]
        self._resets[key] = default
        self._messages.append(refusal(key, given, default if setting.several else str(default)))
        return None


def _task_name() -> str:
    return str(widget("task").get(SETTINGS["task"].default))


def _as_setting(task: str, option: Option) -> Setting:
    """A task's option as a setting, which the address has under the names of both."""
    return Setting(
        option.label,
        option_help(option),
        choices=option.values,
        name=f"{task}_{option.name}",
        default=option.default,
    )


def _parsed_task(text: str) -> tuple[str, dict[str, str]]:
    task, options = spec.parse("task", text, TASKS)
    return task.name, options


def _texts(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]
