"""The experiment: every setting of a run, validated, immutable, as JSON and as a command line.

Light on purpose: importing this module does not import torch.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from models import spec
from models.cells import CELLS, make_cell
from models.tasks import TASKS, make_task

Match = Literal["hidden_size", "parameters"]
ClipBy = Literal["norm", "value"]
KeepWeights = Literal["first_seed", "all"]
Device = Literal["auto", "cpu", "cuda"]

CHOICES = {"match": Match, "clip_by": ClipBy, "keep_weights": KeepWeights, "device": Device}
"""What each setting with a name is chosen from."""
LEAST = {
    "seeds": 1,
    "first_seed": 0,
    "steps": 0,
    "hidden_size": 1,
    "batch_size": 1,
    "evaluate_every": 1,
    "held_out": 1,
    "truncate": 0,
}
"""The smallest value of each whole-number setting."""


class ExperimentError(ValueError):
    """A setting that cannot be run; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Experiment:
    """Every setting of a run. Raises ExperimentError where they cannot be run.

    Spec texts are kept in canonical form, lengths and learning rates sorted.
    """

    task: str = "temporal_order"
    cells: tuple[str, ...] = ("rnn", "lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono")
    lengths: tuple[int, ...] = (20, 50, 100, 200)
    seeds: int = 3
    """How many models of each (cell, length) there are; they differ in their seed alone."""
    first_seed: int = 0
    steps: int = 400
    """Optimiser steps."""
    hidden_size: int = 32
    match: Match = "hidden_size"
    """What is equal between cells: the hidden size, or the number of parameters."""
    batch_size: int = 32
    learning_rate: tuple[float, ...] = (0.02,)
    """Adam's; with several, each (cell, length) shows the one best on validation sequences."""
    clip: float = 1.0
    """Threshold on each model's gradient; 0 is no clipping."""
    clip_by: ClipBy = "norm"
    """Scale the whole gradient where its norm is above the threshold, or cut each element."""
    truncate: int = 0
    """Steps that back-propagation through time goes back at most; 0 is all the way."""
    evaluate_every: int = 25
    """Optimiser steps between two evaluations on held-out sequences."""
    held_out: int = 256
    """Held-out sequences in each evaluation of a model."""
    test_lengths: tuple[int, ...] = ()
    """Lengths at which the trained models are scored as well, whatever they were trained at."""
    keep_weights: KeepWeights = "first_seed"
    """Of which models the parameters are kept at the end: to look inside them."""
    device: Device = "auto"

    def __post_init__(self) -> None:
        try:
            self._set("task", spec.canonical("task", self.task, TASKS))
            cells = _several("cells", self.cells)
            self._set("cells", tuple(spec.canonical("cell", cell, CELLS) for cell in cells))
        except spec.SpecError as error:
            raise ExperimentError(str(error)) from error
        for name in ("lengths", "test_lengths"):
            self._set(name, tuple(sorted(_integers(name, getattr(self, name)))))
        self._set("learning_rate", tuple(sorted(_numbers("learning_rate", self.learning_rate))))
        (clip,) = _numbers("clip", (self.clip,))
        self._set("clip", clip)
        self._check()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check(self) -> None:
        for name, least in LEAST.items():
            (value,) = _integers(name, (getattr(self, name),))
            if value < least:
                raise ExperimentError(f"{name} is {value}: it must be at least {least}")
        for name in ("cells", "lengths", "learning_rate"):
            if not getattr(self, name):
                raise ExperimentError(f"{name} is empty: give at least one")
        for name in ("cells", "lengths", "learning_rate", "test_lengths"):
            values = getattr(self, name)
            if twice := [value for value in values if values.count(value) > 1]:
                raise ExperimentError(f"{name} has {twice[0]} twice: give each once")
        shortest = make_task(self.task).minimum_length
        for name in ("lengths", "test_lengths"):
            if short := [length for length in getattr(self, name) if length < shortest]:
                raise ExperimentError(
                    f"{name} has {short[0]}: {self.task} needs sequences of at least {shortest}"
                )
        if bad := [rate for rate in self.learning_rate if rate <= 0]:
            raise ExperimentError(f"learning_rate is {bad[0]:g}: it must be above 0")
        if self.clip < 0:
            raise ExperimentError(f"clip is {self.clip:g}: give a threshold above 0, or 0 for none")
        for name, kind in CHOICES.items():
            choices = get_args(kind)
            if getattr(self, name) not in choices:
                raise ExperimentError(
                    f"{name} is {getattr(self, name)!r}: choose from {', '.join(choices)}"
                )

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    @property
    def kept_seeds(self) -> tuple[int, ...]:
        """The seeds whose models' parameters are kept, at every learning rate."""
        return self.seed_numbers if self.keep_weights == "all" else self.seed_numbers[:1]

    def hidden_sizes(self) -> dict[str, int]:
        """The hidden size of each cell.

        With ``match="parameters"`` the budget is what the largest cell has at ``hidden_size``;
        each other cell gets the largest hidden size that fits into it.
        """
        if self.match == "hidden_size":
            return dict.fromkeys(self.cells, self.hidden_size)
        budget = max(self.parameter_count(cell, self.hidden_size) for cell in self.cells)
        sizes = {}
        for cell in self.cells:
            size = self.hidden_size
            while self.parameter_count(cell, size + 1) <= budget:
                size += 1
            sizes[cell] = size
        return sizes

    def parameter_count(self, cell: str, hidden_size: int) -> int:
        """Trainable numbers of one model of this cell on this task."""
        task = make_task(self.task)
        return make_cell(cell).parameter_count(task.inputs, hidden_size, task.outputs)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Raises ExperimentError where the text is not an experiment."""
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise ExperimentError(f"experiment: not JSON ({error})") from error
        if not isinstance(values, dict):
            raise ExperimentError("experiment: expected a JSON object with settings by name")
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Experiment:
        """Settings by name; what is left out stays at its default. Raises ExperimentError."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ExperimentError(
                f"unknown setting {unknown[0]!r}: the settings are {', '.join(sorted(known))}"
            )
        return cls(**values)

    def command_line(self, out: str | None = "results/") -> str:
        """The same experiment in a terminal; settings at their defaults are left out."""
        words = ["python", "-m", "models", "train"]
        default = type(self)()
        always = ("task", "cells", "lengths", "seeds", "steps")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in always or value != getattr(default, field.name):
                words += ["--" + field.name.replace("_", "-"), *_words(value)]
        if out:
            words += ["--out", out]
        return shlex.join(words)


def _integers(name: str, values: Iterable[Any]) -> tuple[int, ...]:
    values = _several(name, values)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ExperimentError(f"{name} is {value!r}: expected a whole number")
    return values


def _numbers(name: str, values: Iterable[Any]) -> tuple[float, ...]:
    values = _several(name, values)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ExperimentError(f"{name} is {value!r}: expected a number")
        if not math.isfinite(value):
            raise ExperimentError(f"{name} is {value}: expected a finite number")
    return tuple(float(value) for value in values)


def _several(name: str, values: object) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ExperimentError(f"{name} is {values!r}: expected a list")
    return tuple(values)


def _words(value: object) -> list[str]:
    return [str(item) for item in (value if isinstance(value, tuple) else (value,))]
