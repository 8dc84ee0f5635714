"""Extending an experiment: the same one with more seeds, lengths, steps or cells.

A model's numbers depend on nothing but its own settings, so that what is trained already need not
be trained again: ``models.store.extension`` takes it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.experiment.experiment import SETTINGS, Experiment, ExperimentError

COUNTED = ("seeds", "steps")
"""The settings of which an extension has more."""
ADDED_TO = ("lengths", "cells")
"""The settings that an extension adds further values to."""
ADVICE = "an extension adds seeds, lengths, steps or cells, train a new run for anything else"


def extended(experiment: Experiment, more: Mapping[str, Any]) -> Experiment:
    """The experiment with more of what ``more`` names.

    Seeds and steps are those in all; lengths and cells are added to those that there are. Raises
    ExperimentError where it is no extension, or none that can be run.
    """
    added = {
        name: list(dict.fromkeys((*getattr(experiment, name), *values)))
        if name in ADDED_TO and isinstance(values, (list, tuple))
        else values
        for name, values in more.items()
    }
    wanted = Experiment.from_mapping({**vars(experiment), **added})
    # Once more, since other words for a cell are the same cell.
    cells = list(dict.fromkeys((*experiment.cells, *wanted.cells)))
    wanted = Experiment.from_mapping({**vars(wanted), "cells": cells})
    if reason := hindrance(experiment, wanted):
        raise ExperimentError(reason)
    wanted.check_trainable()
    return wanted


def hindrance(experiment: Experiment, wanted: Experiment) -> str:
    """Why ``wanted`` does not extend the experiment, and what to do; empty where it does."""
    if wanted == experiment:
        return f"nothing is added: {ADVICE}"
    for name in SETTINGS:
        before, now = getattr(experiment, name), getattr(wanted, name)
        if name in COUNTED and now < before:
            return f"{name} is {now}, and the run has {before}: give more"
        if name in ADDED_TO and (lacking := [one for one in before if one not in now]):
            return f"{name} has no {lacking[0]}, which the run has: keep it, and add others"
        if name not in (*COUNTED, *ADDED_TO) and now != before:
            return f"{name} is {_text(now)}, and {_text(before)} in the run: {ADVICE}"
    if wanted.steps > experiment.steps and experiment.schedule != "constant":
        return (
            f"steps is {wanted.steps}, but with the schedule {experiment.schedule} every step of "
            f"a model depends on their number: keep steps at {experiment.steps}, or train a new run"
        )
    sizes = wanted.hidden_sizes()
    if any(sizes[cell] != size for cell, size in experiment.hidden_sizes().items()):
        return (
            "cells has one with more parameters than all before, and with match=parameters the "
            "others would get another hidden size: leave it out, or train a new run"
        )
    return ""


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
