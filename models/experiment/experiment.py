"""The experiment: every setting of a run, validated, immutable, as JSON and as a command line.

Light on purpose: importing this module does not import torch.
"""

from __future__ import annotations

import json
import math
import shlex
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from models.cells import CELLS, make_cell
from models.settings import spec, strict_json
from models.settings.quoting import quoted
from models.tasks import TASKS, make_task

Match = Literal["hidden_size", "parameters"]
ClipBy = Literal["norm", "value"]
KeepWeights = Literal["first_seed", "all"]
Device = Literal["auto", "cpu", "cuda"]

CHOICES = {"match": Match, "clip_by": ClipBy, "keep_weights": KeepWeights, "device": Device}
"""What each setting with a name is chosen from."""
WHOLE: dict[str, tuple[int, int]] = {
    "lengths": (1, 100_000),
    "seeds": (1, 1000),
    # The store's columns have 32 bits, and so the last seed.
    "first_seed": (0, 2**31 - 1000),
    "steps": (0, 10**8),
    "hidden_size": (1, 4096),
    "batch_size": (1, 65_536),
    "truncate": (0, 100_000),
    "evaluate_every": (1, 10**8),
    "held_out": (1, 10**6),
    "test_lengths": (1, 100_000),
}
"""The smallest and the largest value of each setting that is a whole number, or has several."""
REAL: dict[str, tuple[float, float]] = {"learning_rate": (1e-9, 100.0), "clip": (0.0, 1e9)}
"""The same of all other numbers."""
SEVERAL = ("cells", "lengths", "learning_rate", "test_lengths")
"""The settings that have several values."""
SMALLEST_CLIP = 1e-8
"""Adam's ε: beside it, a gradient that is clipped below counts for nothing."""
MOST_VALUES = 64
"""Of one setting."""
MOST_MODELS = 20_000
"""Of one experiment: cells × lengths × seeds × learning rates."""


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
        for name in SEVERAL:
            self._set(name, _several(name, getattr(self, name)))
        try:
            self._set("task", spec.canonical("task", self.task, TASKS))
            self._set("cells", tuple(spec.canonical("cell", cell, CELLS) for cell in self.cells))
        except spec.SpecError as error:
            raise ExperimentError(str(error)) from error
        for name in WHOLE:
            self._convert(name, _whole)
        for name in REAL:
            self._convert(name, _real)
        for name, kind in CHOICES.items():
            _check_choice(name, getattr(self, name), get_args(kind))
        self._check()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _convert(self, name: str, convert: Callable[[str, object], float]) -> None:
        """Each number of a setting in its one type, several of them sorted."""
        given = getattr(self, name)
        several = name in SEVERAL
        values = sorted(convert(name, value) for value in (given if several else (given,)))
        self._set(name, tuple(values) if several else values[0])

    def _check(self) -> None:
        for name in SEVERAL:
            # To the six digits that CSV tables have: rates have to differ there as well.
            shown = [f"{one:.6g}" if name in REAL else str(one) for one in getattr(self, name)]
            if twice := [text for text in shown if shown.count(text) > 1]:
                raise ExperimentError(f"{name} has {twice[0]} twice: give each once")
        shortest = make_task(self.task).minimum_length
        for name in ("lengths", "test_lengths"):
            if short := [length for length in getattr(self, name) if length < shortest]:
                raise ExperimentError(
                    f"{name} has {short[0]}: {self.task} needs sequences of at least {shortest}"
                )
        models = self.seeds * len(self.cells) * len(self.lengths) * len(self.learning_rate)
        if models > MOST_MODELS:
            raise ExperimentError(
                f"these are {models} models, cells × lengths × seeds × learning rates: at most "
                f"{MOST_MODELS} can be trained at once"
            )
        if self.match == "parameters":
            self._check_matched()

    def _check_matched(self) -> None:
        """Every cell stays within the largest hidden size."""
        budget, (_, most) = self._budget(), WHOLE["hidden_size"]
        for cell in self.cells:
            if self._counter(cell)(most + 1) <= budget:
                raise ExperimentError(
                    f"hidden_size is {self.hidden_size}: with match=parameters {cell} would get "
                    f"more than {most}, lower hidden_size or use match=hidden_size"
                )

    def check_trainable(self) -> None:
        """Raises ExperimentError where nothing could be learnt, whatever the task and the cell.

        It is asked before something is trained, and not of what was: runs of earlier releases may
        have such settings, and can still be opened.
        """
        if reason := self.hindrance():
            raise ExperimentError(reason)

    def hindrance(self) -> str:
        """Why nothing could be learnt by construction, and what to do; or empty."""
        if 0 < self.clip < SMALLEST_CLIP:
            return (
                f"clip is {self.clip:g}: Adam takes no step along gradients below "
                f"{SMALLEST_CLIP:g}, raise clip, or give 0 to leave gradients as they are"
            )
        for cell, hidden in self.hidden_sizes().items():
            if reason := make_cell(cell).hindrance(hidden, self.batch_size):
                return f"{cell}: {reason}"
        return ""

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
        budget, (_, most) = self._budget(), WHOLE["hidden_size"]
        sizes = range(1, most + 1)
        return {cell: bisect_right(sizes, budget, key=self._counter(cell)) for cell in self.cells}

    def parameter_count(self, cell: str, hidden_size: int) -> int:
        """Trainable numbers of one model of this cell on this task."""
        return self._counter(cell)(hidden_size)

    def _counter(self, cell: str) -> Callable[[int], int]:
        """The number of parameters by hidden size."""
        task, made = make_task(self.task), make_cell(cell)
        return lambda hidden: made.parameter_count(task.inputs, hidden, task.outputs)

    def _budget(self) -> int:
        return max(self.parameter_count(cell, self.hidden_size) for cell in self.cells)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Raises ExperimentError where the text is not an experiment."""
        try:
            values = strict_json.parsed(text)
        except ValueError as error:
            raise ExperimentError(f"experiment: {error}") from error
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Experiment:
        """Settings by name; what is left out stays at its default. Raises ExperimentError."""
        if not isinstance(values, Mapping):
            raise ExperimentError(f"experiment is {quoted(values)}: expected settings by name")
        known = {field.name for field in fields(cls)}
        if unknown := [name for name in values if name not in known]:
            raise ExperimentError(
                f"unknown setting {quoted(unknown[0])}: the settings are {', '.join(sorted(known))}"
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


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ExperimentError(f"{_told(name, value)}: expected a whole number")
    _check_range(name, value, WHOLE[name])
    return int(value)


def _real(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ExperimentError(f"{_told(name, value)}: expected a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ExperimentError(f"{_told(name, value)}: expected a finite number")
    _check_range(name, value, REAL[name])
    return float(value) + 0.0  # -0 is 0


def _check_range(name: str, value: float, between: tuple[float, float]) -> None:
    least, most = between
    if not least <= value <= most:
        raise ExperimentError(
            f"{_told(name, value)}: it must be at least {_plain(least)} and at most {_plain(most)}"
        )


def _check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    if not (isinstance(value, str) and value in choices):
        raise ExperimentError(f"{_told(name, value)}: choose from {', '.join(choices)}")


def _several(name: str, values: object) -> tuple[Any, ...]:
    if not isinstance(values, (list, tuple)):
        raise ExperimentError(f"{name} is {quoted(values)}: expected a list")
    if not values and name != "test_lengths":
        raise ExperimentError(f"{name} is empty: give at least one")
    if len(values) > MOST_VALUES:
        raise ExperimentError(f"{name} has {len(values)} values: give at most {MOST_VALUES}")
    return tuple(values)


def _told(name: str, value: object) -> str:
    return f"{name} {'has' if name in SEVERAL else 'is'} {quoted(value)}"


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _words(value: object) -> list[str]:
    return [str(item) for item in (value if isinstance(value, tuple) else (value,))]
