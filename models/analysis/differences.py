"""Settings of experiments side by side: what each is set to, in words, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.analysis.words import number
from models.cells import cell_label
from models.experiment import Experiment
from models.experiment.experiment import SETTINGS
from models.optimisers import OPTIMISERS
from models.settings import spec
from models.settings.setting import Setting
from models.settings.spec import Registered
from models.tasks import TASKS

NAMED: Mapping[str, Mapping[str, type[Registered]]] = {"task": TASKS, "optimiser": OPTIMISERS}
"""The settings that are one of a registry, with options of their own."""
NOT_SET = "–"
"""The value of an option that the experiment's task or optimiser does not have."""
OF_MODELS = ("cells", "lengths", "seeds", "first_seed")
"""Settings that say which models are trained, not how."""
OF_MEASURING = ("evaluate_every", "held_out", "test_lengths", "keep_weights", "device")
"""Settings that say what is measured and kept, not how models are trained."""


@dataclass(frozen=True)
class Difference:
    """A setting in which experiments differ."""

    label: str
    """Its name for people."""
    values: tuple[str, ...]
    """What it is in each experiment, in words."""


def differences(experiments: Sequence[Experiment]) -> list[Difference]:
    """The settings in which these experiments differ, in the order of the settings."""
    described = [in_words(experiment) for experiment in experiments]
    labels = dict.fromkeys(label for values in described for label in values)
    found = [
        Difference(label, tuple(values.get(label, NOT_SET) for values in described))
        for label in labels
    ]
    return [one for one in found if len(set(one.values)) > 1]


def in_words(experiment: Experiment) -> dict[str, str]:
    """Every setting of an experiment by its label; task and optimiser with an entry an option."""
    words: dict[str, str] = {}
    for one in SETTINGS.values():
        value = getattr(experiment, one.name)
        if one.name in NAMED:
            described, chosen = spec.parse(one.name, value, NAMED[one.name])
            words[one.label] = described.title
            for option in described.options:
                label = f"{one.label}: {option.label.lower()}"
                words[label] = option.in_words(chosen[option.name])
        else:
            words[one.label] = ", ".join(_words(one, value if one.several else [value])) or "none"
    return words


def _words(setting: Setting, values: Sequence[Any]) -> list[str]:
    if setting.name == "cells":
        return [cell_label(cell) for cell in values]
    return [number(one) if setting.bounds else setting.in_words(one) for one in values]


def trained_alike(experiments: Sequence[Experiment]) -> bool:
    """Whether models of these experiments, of the same cell and length, are trained in one way.

    They may then be seen as one experiment. The settings OF_MODELS and OF_MEASURING may differ.
    """
    first, *others = experiments
    free = {name: getattr(first, name) for name in (*OF_MODELS, *OF_MEASURING)}
    hidden = {cell: size for one in experiments for cell, size in one.hidden_sizes().items()}
    same_size = all(one.hidden_sizes().items() <= hidden.items() for one in experiments)
    return same_size and all(replace(other, **free) == first for other in others)
