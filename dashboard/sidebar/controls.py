"""The sidebar: every setting of an experiment as a widget, bound to the address.

A widget's key is the setting's name, and so is its parameter in the address; a task's option is
``<task>_<option>``. A value in the address that cannot be used gives way to the default and is
reported. Lengths that are not given are those that show the task well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import streamlit as st

from dashboard.sidebar.address import Check, check_of, numbers, refusal, unknown, usable
from models.cells import CELLS, make_cell
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import CHOICES, REAL, WHOLE
from models.settings import spec
from models.settings.numerals import number, whole
from models.tasks import TASKS

DEFAULTS = Experiment()
LENGTHS = ("10", "20", "30", "50", "70", "100", "150", "200", "300", "500")
RATES = ("0.001", "0.002", "0.005", "0.01", "0.02")
MESSAGES = "address_messages"
RESETS = "address_resets"
SEEN = "address_seen"
KEPT = "settings_kept"


@dataclass(frozen=True)
class Settings:
    """What the sidebar says."""

    experiment: Experiment | None
    problem: str
    """Why it cannot be run, or empty."""
    messages: tuple[str, ...]
    """What was wrong in the address."""


def settings() -> Settings:
    """Draws the sidebar and reads it. From page to page, everything stays as it was set."""
    if KEPT in st.session_state and "task" not in st.session_state:
        show(st.session_state[KEPT])
        st.query_params.update(address_of(st.session_state[KEPT]))
    address = _Address()
    with st.sidebar:
        values = _common(address) | _advanced(address)
    address.done()
    messages = tuple(st.session_state.get(MESSAGES, ()))
    try:
        experiment = Experiment.from_mapping(values)
        experiment.check_trainable()
        st.session_state[KEPT] = experiment
        return Settings(experiment, "", messages)
    except ExperimentError as error:
        return Settings(None, str(error), messages)


def show(experiment: Experiment) -> None:
    """Sets every widget to this experiment; call it before they are drawn, as in a callback."""
    name, options = _parsed_task(experiment.task)
    st.session_state["task"] = name
    for option, value in options.items():
        st.session_state[f"{name}_{option}"] = value
    for field in fields(Experiment):
        if field.name != "task":
            value = getattr(experiment, field.name)
            st.session_state[field.name] = _texts(value) if isinstance(value, tuple) else value
    st.session_state.pop(MESSAGES, None)
    st.session_state[SEEN] = True


def address_of(experiment: Experiment) -> dict[str, str | list[str]]:
    """The parameters of the address that opens this experiment; defaults are left out."""
    name, options = _parsed_task(experiment.task)
    lengths = _texts(TASKS[name].lengths)
    values = {field.name: getattr(experiment, field.name) for field in fields(Experiment)}
    told = {key: value for key, value in values.items() if value != getattr(DEFAULTS, key)}
    told |= {"task": name} if name != _parsed_task(DEFAULTS.task)[0] else {}
    address = {
        key: _texts(value) if isinstance(value, tuple) else str(value)
        for key, value in told.items()
    }
    if _texts(experiment.lengths) == lengths:
        address.pop("lengths", None)
    defaults = {option.name: option.default for option in TASKS[name].options}
    return address | {
        f"{name}_{option}": value for option, value in options.items() if value != defaults[option]
    }


def cell_suggestions() -> list[str]:
    """Every registered cell, plain and with each single option changed."""
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


def _common(address: _Address) -> dict[str, Any]:
    return {
        "task": _task(address),
        "cells": address.many(
            "cells",
            "Cells",
            cell_suggestions(),
            help="Pick some, or type a cell spec such as lstm:bias=chrono,init=identity.",
        ),
        "lengths": numbers(
            address.many(
                "lengths",
                "Sequence lengths",
                LENGTHS,
                default=_texts(TASKS[st.session_state["task"]].lengths),
                help="Type any other.",
            ),
            whole,
        ),
        "seeds": address.number("seeds", "Seeds", help="Models for each cell and length."),
        "steps": address.number("steps", "Optimiser steps", step=100),
        "match": address.one(
            "match",
            "Equal between cells",
            help="Equal hidden size, or about equal numbers of parameters: each cell then gets "
            "the largest hidden size that fits into what the largest cell has.",
        ),
    }


def _advanced(address: _Address) -> dict[str, Any]:
    with st.expander("Advanced"):
        return {
            "hidden_size": address.number("hidden_size", "Hidden size"),
            "batch_size": address.number("batch_size", "Batch size"),
            "learning_rate": numbers(
                address.many(
                    "learning_rate",
                    "Learning rate",
                    RATES,
                    help="With several, each cell shows its best at each length, chosen on "
                    "validation sequences.",
                ),
                number,
            ),
            "clip": address.number(
                "clip", "Gradient clipping", step=0.5, help="Threshold; 0 is off."
            ),
            "clip_by": address.one(
                "clip_by",
                "Clip by",
                help="Norm: the whole gradient is scaled down where its norm is above the "
                "threshold. Value: each element is cut at the threshold.",
            ),
            "truncate": address.number(
                "truncate",
                "Truncate back-propagation",
                step=10,
                help="Steps that the gradient goes back at most; 0 is all the way.",
            ),
            "evaluate_every": address.number("evaluate_every", "Evaluate every … steps"),
            "held_out": address.number("held_out", "Held-out sequences"),
            "test_lengths": numbers(
                address.many(
                    "test_lengths",
                    "Test at other lengths",
                    LENGTHS,
                    help="Trained models are scored at these lengths as well, at the end.",
                ),
                whole,
            ),
            "first_seed": address.number("first_seed", "First seed"),
            "keep_weights": address.one(
                "keep_weights",
                "Keep weights",
                help="Whose parameters are kept at the end, to look inside: the first seed's, or "
                "everyone's.",
            ),
            "device": address.one("device", "Device"),
        }


def _task(address: _Address) -> str:
    default, _ = _parsed_task(DEFAULTS.task)
    name = address.one(
        "task", "Task", choices=tuple(TASKS), default=default, on_change=_suit_lengths
    )
    chosen = [
        f"{option.name}={value}"
        for option in TASKS[name].options
        if (
            value := address.one(
                f"{name}_{option.name}",
                option.name.capitalize(),
                choices=option.values,
                default=option.default,
                help=option.help,
            )
        )
    ]
    return f"{name}:{','.join(chosen)}"


def _suit_lengths() -> None:
    """Another task, other lengths that show it well."""
    task = TASKS[st.session_state["task"]]
    st.session_state["lengths"] = _texts(task.lengths)
    st.session_state["test_lengths"] = []


class _Address:
    """Widgets bound to the address; what a widget cannot use gives way to its default."""

    def __init__(self) -> None:
        self._first = SEEN not in st.session_state
        st.session_state[SEEN] = True
        self._drawn: list[str] = []
        self._messages: list[str] = []
        self._resets: dict[str, Any] = {}
        for key, value in st.session_state.pop(RESETS, {}).items():
            st.session_state[key] = value

    def one(
        self,
        key: str,
        label: str,
        *,
        choices: Sequence[str] = (),
        default: str | None = None,
        help: str | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> str:
        """One of some choices; those of a setting that has its own need not be given."""
        choices = choices or get_args(CHOICES[key])
        default = default or str(getattr(DEFAULTS, key))
        return st.selectbox(
            label,
            choices,
            index=choices.index(default),
            key=key,
            help=help,
            on_change=on_change,
            bind=self._bind(key, choices.index, default),
        )

    def number(self, key: str, label: str, *, step: float = 1, help: str | None = None) -> Any:
        """A number within the bounds that the experiment has for it."""
        default = getattr(DEFAULTS, key)
        least, most = WHOLE[key] if key in WHOLE else REAL[key]
        return st.number_input(
            label,
            min_value=least,
            max_value=most,
            value=default,
            step=type(least)(step),
            key=key,
            help=help,
            bind=self._bind(key, check_of(key, _task_name()), default),
        )

    def many(
        self,
        key: str,
        label: str,
        suggestions: Iterable[str],
        *,
        default: Sequence[str] | None = None,
        help: str | None = None,
    ) -> list[str]:
        """Some of the suggestions, or others that the experiment may have."""
        default = list(default or _texts(getattr(DEFAULTS, key)))
        shown = list(dict.fromkeys([*suggestions, *default, *st.session_state.get(key, [])]))
        return st.multiselect(
            label,
            shown,
            default=default,
            key=key,
            help=help,
            accept_new_options=True,
            bind=self._bind(key, check_of(key, _task_name()), default),
        )

    def done(self) -> None:
        """Call after the last widget: starts again where values had to give way to defaults."""
        if self._first and (message := unknown(st.query_params, self._drawn)):
            self._messages.append(message)
        if self._messages:
            st.session_state[MESSAGES] = self._messages
        if self._resets:
            st.session_state[RESETS] = self._resets
            st.rerun()

    def _bind(self, key: str, check: Check, default: Any) -> Literal["query-params"] | None:
        """Binds to the address, but for the one run in which what stands there is bad.

        Streamlit itself drops what a widget cannot hold without a word, cuts 2.5 to 2, and lets
        texts of any kind into a list.
        """
        self._drawn.append(key)
        given = st.query_params.get_all(key) if self._first else []
        several = isinstance(default, list)
        if usable(given, check, several=several):
            return "query-params"
        del st.query_params[key]
        self._resets[key] = default
        self._messages.append(refusal(key, given, default if several else str(default)))
        return None


def _task_name() -> str:
    return str(st.session_state["task"])


def _parsed_task(text: str) -> tuple[str, dict[str, str]]:
    task, options = spec.parse("task", text, TASKS)
    return task.name, options


def _texts(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]
