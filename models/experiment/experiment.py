"""The experiment: every setting of a run, validated, immutable, as JSON and as a command line.

Light on purpose: importing this module does not import torch.
"""

from __future__ import annotations

import json
import shlex
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from models.cells import CELLS, cell_label, make_cell
from models.optimisers import OPTIMISERS, make_optimiser
from models.optimisers.schedule import SCHEDULES, Schedule
from models.settings import spec, strict
from models.settings.quoting import quoted
from models.settings.setting import Setting, setting, settings_of
from models.tasks import TASKS, make_task

Match = Literal["hidden_size", "parameters"]
"""The choices of the setting ``match``."""
ClipBy = Literal["norm", "value"]
"""The choices of the setting ``clip_by``."""
KeepWeights = Literal["first_seed", "all"]
"""The choices of the setting ``keep_weights``."""
Device = Literal["auto", "cpu", "cuda"]
"""The choices of the setting ``device``."""

MAX_VALUES = 64
"""The largest number of values of one setting."""
MAX_MODELS = 20_000
"""The largest number of models, cells × lengths × seeds × learning rates, of an experiment."""
MAX_LENGTH = 100_000
"""The largest sequence length."""
MAX_HIDDEN_SIZE = 4096
"""The largest number of units of a hidden state."""
MAX_BATCH_SIZE = 65_536
"""The largest number of sequences of an optimiser step."""
MAX_TRAINING_BATCHES = 10**6
"""The largest number of batches of a training set."""
MAX_HELD_OUT = 10**6
"""The largest number of held-out sequences of an evaluation."""
MAX_STEPS = 10**8
"""The largest number of optimiser steps."""
LENGTHS = ("10", "20", "30", "50", "70", "100", "150", "200", "300", "500")
"""The sequence lengths that a page suggests."""


class ExperimentError(ValueError):
    """A setting that cannot be run; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Experiment:
    """Every setting of a run. Raises ExperimentError where they cannot be run.

    Spec texts are kept in canonical form, lengths and learning rates sorted.
    """

    task: str = setting(
        "temporal_order",
        "Task",
        "What the models learn.",
        at_initialisation=True,
    )
    cells: tuple[str, ...] = setting(
        ("rnn", "lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono"),
        "Cells",
        "The recurrent cells to compare.",
        at_initialisation=True,
    )
    lengths: tuple[int, ...] = setting(
        (20, 50, 100, 200),
        "Sequence lengths",
        "The sequence lengths to train on. Each model is trained at one of them.",
        (1, MAX_LENGTH),
        suggestions=LENGTHS,
        at_initialisation=True,
    )
    seeds: int = setting(
        3,
        "Seeds",
        "How many models of each cell and length are trained. They differ only in their seed.",
        (1, 1000),
        at_initialisation=True,
    )
    first_seed: int = setting(
        0,
        "First seed",
        "The lowest seed. The others follow it.",
        # The store's columns have 32 bits, and so the last seed.
        (0, 2**31 - 1000),
        at_initialisation=True,
    )
    steps: int = setting(
        400,
        "Optimiser steps",
        "Training steps of each model. With 0, the models are only measured at initialisation.",
        (0, MAX_STEPS),
        step=100,
    )
    hidden_size: int = setting(
        32,
        "Hidden size",
        "Number of units of the hidden state.",
        (1, MAX_HIDDEN_SIZE),
        at_initialisation=True,
    )
    match: Match = setting(
        "hidden_size",
        "Compare at equal",
        "The hidden size, or about the number of parameters: each cell then gets the largest "
        "hidden size that needs no more parameters than the largest cell.",
        choices=get_args(Match),
        at_initialisation=True,
    )
    batch_size: int = setting(
        32,
        "Batch size",
        "Number of sequences in each training step.",
        (1, MAX_BATCH_SIZE),
        at_initialisation=True,
    )
    training_batches: int = setting(
        0,
        "Training batches",
        "Number of different batches, a finite training set whose batches come again and again. "
        "With 0, every step has fresh sequences.",
        (0, MAX_TRAINING_BATCHES),
        step=100,
    )
    learning_rate: tuple[float, ...] = setting(
        (0.02,),
        "Learning rate",
        "The learning rate of the optimiser. With several, each cell is shown at each length with "
        "the one that is best on validation sequences.",
        (1e-9, 100.0),
        suggestions=("0.001", "0.002", "0.005", "0.01", "0.02"),
    )
    optimiser: str = setting(
        "adam",
        "Optimiser",
        "How the parameters follow the gradient.",
    )
    schedule: Schedule = setting(
        "constant",
        "Learning rate schedule",
        "Constant, or falling from the learning rate towards 0 at the last optimiser step.",
        choices=SCHEDULES,
    )
    clip: float = setting(
        1.0,
        "Gradient clipping",
        "Threshold on the gradient of each model. 0 means no clipping.",
        (0.0, 1e9),
        step=0.5,
    )
    clip_by: ClipBy = setting(
        "norm",
        "Clip by",
        "Norm: the whole gradient is scaled down where its norm is above the threshold. Value: "
        "each component is cut off at the threshold.",
        choices=get_args(ClipBy),
    )
    truncate: int = setting(
        0,
        "Truncate back-propagation",
        "How many time steps back the gradient goes at most. 0 means all the way.",
        (0, MAX_LENGTH),
        step=10,
        at_initialisation=True,
    )
    evaluate_every: int = setting(
        25,
        "Evaluate every … steps",
        "Training steps between two evaluations on held-out sequences.",
        (1, MAX_STEPS),
    )
    held_out: int = setting(
        256,
        "Held-out sequences",
        "Number of held-out sequences in each evaluation of a model.",
        (1, MAX_HELD_OUT),
    )
    test_lengths: tuple[int, ...] = setting(
        (),
        "Test at other lengths",
        "Further lengths at which every trained model is tested at the end.",
        (1, MAX_LENGTH),
        suggestions=LENGTHS,
    )
    keep_weights: KeepWeights = setting(
        "first_seed",
        "Keep weights",
        "Whose weights are kept at the end, for Inside the cell: those of the first seed, or of "
        "all seeds.",
        choices=get_args(KeepWeights),
    )
    device: Device = setting(
        "auto",
        "Device",
        "Where to train: auto uses a GPU if there is one, and the CPU otherwise.",
        choices=get_args(Device),
        words={"cpu": "CPU", "cuda": "GPU (CUDA)"},
    )

    def __post_init__(self) -> None:
        for one in SETTINGS.values():
            self._set(one.name, _checked(one, getattr(self, one.name)))
        try:
            self._set("task", spec.canonical("task", self.task, TASKS))
            self._set("optimiser", spec.canonical("optimiser", self.optimiser, OPTIMISERS))
            self._set("cells", tuple(spec.canonical("cell", cell, CELLS) for cell in self.cells))
        except spec.SpecError as error:
            raise ExperimentError(str(error)) from error
        self._check()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check(self) -> None:
        for name in (one.name for one in SETTINGS.values() if one.several):
            # To the six digits that CSV tables have: rates have to differ there as well.
            shown = [
                f"{value:.6g}" if isinstance(value, float) else str(value)
                for value in getattr(self, name)
            ]
            if twice := [text for text in shown if shown.count(text) > 1]:
                raise ExperimentError(f"{name} has {twice[0]} twice: give each once")
        shortest = make_task(self.task).minimum_length
        for name in ("lengths", "test_lengths"):
            if short := [length for length in getattr(self, name) if length < shortest]:
                raise ExperimentError(
                    f"{name} has {short[0]}: {self.task} needs sequences of at least {shortest}"
                )
        models = self.seeds * len(self.cells) * len(self.lengths) * len(self.learning_rate)
        if models > MAX_MODELS:
            raise ExperimentError(
                f"cells × lengths × seeds × learning rates make {models:,} models: at most "
                f"{MAX_MODELS:,} can be trained at once"
            )
        if self.match == "parameters":
            self._check_matched()

    def _check_matched(self) -> None:
        """Raises ExperimentError where a cell would exceed the largest hidden size."""
        budget, most = self._budget(), MAX_HIDDEN_SIZE
        for cell in self.cells:
            if self._counter(cell)(most + 1) <= budget:
                raise ExperimentError(
                    f"hidden_size is {self.hidden_size}: with match=parameters, {cell_label(cell)} "
                    f"would get more than {most:,} units, lower hidden_size or use "
                    "match=hidden_size"
                )

    def check_trainable(self) -> None:
        """Raises ExperimentError where nothing could be learned, whatever the task and the cell.

        It is called before a training, and not when a run is opened: runs of earlier releases may
        have such settings, and stay readable.
        """
        if reason := self.hindrance():
            raise ExperimentError(reason)

    def hindrance(self) -> str:
        """Why nothing could be learned by construction, and what to do; empty where it could."""
        optimiser = make_optimiser(self.optimiser)
        if 0 < self.clip < optimiser.epsilon:
            return (
                f"clip is {self.clip:g}: {optimiser.title} makes no step along gradients below its "
                f"ε of {optimiser.epsilon:g}, raise clip, or give 0 for no clipping"
            )
        for cell, hidden in self.hidden_sizes().items():
            if reason := make_cell(cell).hindrance(hidden, self.batch_size):
                return f"{cell_label(cell)}: {reason}"
        return ""

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds themselves, in ascending order."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    @property
    def kept_seeds(self) -> tuple[int, ...]:
        """The seeds whose models' parameters are kept, at every learning rate."""
        return self.seed_numbers if self.keep_weights == "all" else self.seed_numbers[:1]

    def hidden_sizes(self) -> dict[str, int]:
        """The hidden size of each cell by its spec.

        With ``match="parameters"`` the budget is what the largest cell has at ``hidden_size``;
        each other cell gets the largest hidden size that fits into it.
        """
        if self.match == "hidden_size":
            return dict.fromkeys(self.cells, self.hidden_size)
        budget, sizes = self._budget(), range(1, MAX_HIDDEN_SIZE + 1)
        return {cell: bisect_right(sizes, budget, key=self._counter(cell)) for cell in self.cells}

    def parameter_count(self, cell: str, hidden_size: int) -> int:
        """The number of trainable parameters of one model of a cell on the experiment's task."""
        return self._counter(cell)(hidden_size)

    def _counter(self, cell: str) -> Callable[[int], int]:
        """The function from a cell's hidden size to its number of parameters."""
        task, made = make_task(self.task), make_cell(cell)
        return lambda hidden: made.parameter_count(task.inputs, hidden, task.outputs)

    def _budget(self) -> int:
        return max(self.parameter_count(cell, self.hidden_size) for cell in self.cells)

    def at_initialisation(self) -> Experiment:
        """The experiment with the settings that matter before the first training step.

        All others are at their defaults: where two experiments agree in it, their models at
        initialisation and the gradient there are the same.
        """
        names = (one.name for one in SETTINGS.values() if one.at_initialisation)
        return Experiment(**{name: getattr(self, name) for name in names})

    def to_json(self) -> str:
        """The settings by name as a JSON object."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """The experiment that ``to_json`` wrote. Raises ExperimentError where it is none."""
        try:
            values = strict.json_value(text)
        except ValueError as error:
            raise ExperimentError(f"experiment: {error}") from error
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Experiment:
        """The experiment with these settings by name; one that is left out has its default.

        Raises ExperimentError where a setting is unknown or cannot be run.
        """
        if not isinstance(values, Mapping):
            raise ExperimentError(f"experiment is {quoted(values)}: expected settings by name")
        if unknown := [name for name in values if name not in SETTINGS]:
            known = ", ".join(sorted(SETTINGS))
            raise ExperimentError(f"unknown setting {quoted(unknown[0])}: the settings are {known}")
        return cls(**values)

    @classmethod
    def from_results(cls, values: Mapping[str, Any]) -> Experiment:
        """The experiment that results were made with, from the settings that their files name.

        Unlike ``from_mapping``, an option of the task that the files are too old to name has the
        value that it had then, and not today's default. Raises ExperimentError.
        """
        if isinstance(values, Mapping) and isinstance(task := values.get("task"), str):
            values = {**values, "task": spec.from_results("task", task, TASKS)}
        return cls.from_mapping(values)

    def command_line(self, out: str | None = "results/") -> str:
        """The command that trains the same experiment; most settings at defaults are left out."""
        words = ["python", "-m", "models", "train"]
        always = ("task", "cells", "lengths", "seeds", "steps")
        for one in SETTINGS.values():
            value = getattr(self, one.name)
            if one.name in always or value != one.default:
                words += [one.flag, *map(str, value if one.several else (value,))]
        if out:
            words += ["--out", out]
        return shlex.join(words)


SETTINGS = settings_of(Experiment)
"""The settings of an experiment by name."""


def _checked(setting: Setting, given: object) -> Any:
    """The value of a setting in its type, several numbers sorted.

    Raises ExperimentError where it is none that the setting may have.
    """
    if not setting.several:
        return _value(setting, given)
    if not isinstance(given, (list, tuple)):
        raise ExperimentError(f"{setting.name} is {quoted(given)}: expected a list")
    if not given and setting.default:
        raise ExperimentError(f"{setting.name} is empty: give at least one")
    if len(given) > MAX_VALUES:
        raise ExperimentError(f"{setting.name} has {len(given)} values: give at most {MAX_VALUES}")
    values = tuple(_value(setting, value) for value in given)
    return values if setting.bounds is None else tuple(sorted(values))


def _value(setting: Setting, value: object) -> Any:
    try:
        return setting.checked(value)
    except ValueError as error:
        has = "has" if setting.several else "is"
        raise ExperimentError(f"{setting.name} {has} {quoted(value)}: {error}") from error
