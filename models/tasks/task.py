"""What a task is: sequences with a long-range dependency, and how an answer to them is judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike

from models.settings.spec import Option

if TYPE_CHECKING:
    import pandas as pd
    import torch

Split = Literal["train", "validation", "held_out"]
Loss = Literal["cross_entropy", "squared_error"]
Classes = TypeVar("Classes", "torch.Tensor", np.ndarray)

TARGETS = Option(
    "targets",
    ("last", "every"),
    "last",
    "where the loss is: at the last step alone, or at every step on the way there",
)
"""Sequence-to-vector or sequence-to-sequence, for tasks in which every step has an answer.

The loss is averaged over the target steps, not summed: a clipping threshold and a learning rate
mean the same for either choice and at every length.
"""


MIDDLE = 0.5
"""The scaled score from which on a model remembers: half-way between chance and all right."""

Numbers = TypeVar("Numbers", float, "pd.Series")


def scaled_score(accuracy: Numbers, chance: Numbers) -> Numbers:
    """Accuracy on a scale with 0 at chance and 1 where every answer is right."""
    return (accuracy - chance) / (1 - chance)


def remembers(accuracy: float, chance: float) -> bool:
    """Whether a model is right often enough to be said to remember, as for the memory span."""
    return bool(scaled_score(accuracy, chance) >= MIDDLE)


@dataclass(frozen=True)
class Batch:
    """Sequences of one length, time first, sequences last.

    ``inputs`` has shape (steps, inputs, sequences), float32. ``targets`` has shape
    (target steps, sequences): class numbers (int64) for cross-entropy, values (float32) for
    squared error. Target steps are the last ones of the sequence.
    """

    inputs: np.ndarray
    targets: np.ndarray

    def subset(self, first: int, sequences: int) -> Batch:
        """Some of the sequences."""
        chosen = slice(first, first + sequences)
        return Batch(self.inputs[..., chosen], self.targets[..., chosen])

    def changed(self, t: int, step: ArrayLike) -> Batch:
        """With another input, (inputs, sequences) or (inputs, 1), at step t, from 0."""
        inputs = self.inputs.copy()
        inputs[t] = step
        return Batch(inputs, self.targets)


@dataclass(frozen=True)
class Baseline:
    """What a predictor that knows only so much can reach; a rung of the baseline ladder.

    It always knows the time step, and how the sequences are drawn.
    """

    name: str
    accuracy: float
    """At the scored steps."""
    loss: float
    """Averaged over the target steps."""


@dataclass(frozen=True)
class Legend:
    """The task in words: one or two plain sentences each."""

    goes_in: str
    asked: str
    dependency: str


@dataclass(frozen=True)
class Example:
    """One sequence for people: a short text per step, which steps matter, the right answer."""

    symbols: tuple[str, ...]
    informative: tuple[bool, ...]
    answer: str
    brightness: tuple[float, ...] = ()
    """Of the first steps, from 0 to 1, where they are pixels."""
    picture: tuple[tuple[float, ...], ...] = ()
    """What these pixels are of, row by row from the top."""


class Task(ABC):
    """A long-range dependency problem with an adjustable sequence length T.

    Registered in ``models.tasks.TASKS``; made from its spec text by ``models.tasks.make_task``,
    which passes every option as a keyword with a text value.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    options: ClassVar[tuple[Option, ...]] = ()
    loss: ClassVar[Loss] = "cross_entropy"
    lengths: ClassVar[tuple[int, ...]]
    """Sequence lengths that show the task well; the default choice on a page."""
    minimum_length: int = 2
    inputs: int
    """Features per step."""
    outputs: int
    """Classes, or 1 for a value."""
    tolerance: float = 0.0
    """Of a value: an answer that is off by less is right."""
    solved_accuracy: ClassVar[float] = 0.99
    """The share of right answers from which on the task is solved."""
    every: bool = False
    """Whether every step has a target, and not the last one alone; see TARGETS."""

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where options do not go together."""
        return

    @property
    @abstractmethod
    def legend(self) -> Legend:
        """The task in words."""

    @property
    @abstractmethod
    def script(self) -> str:
        """The sampler in plain torch, for the standalone script.

        Source text that defines ``sample(sequences, length, generator, split)`` and returns
        inputs (sequences, steps, inputs) and targets (sequences, target steps), batch first.
        ``split`` is "train", "validation" or "held_out"; imports are the script's own.
        """

    @property
    def script_data(self) -> str:
        """Source text of what the sampler needs besides, for the end of the script."""
        return ""

    @abstractmethod
    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        """Fresh sequences; the same generator state gives the same batch."""

    @abstractmethod
    def baselines(self, length: int) -> tuple[Baseline, ...]:
        """The ladder: chance first, then better informed predictors that still do not solve it."""

    @abstractmethod
    def describe(self, batch: Batch, sequence: int) -> Example:
        """One sequence of a batch, for people."""

    def example(self, rng: np.random.Generator, length: int) -> Example:
        """One sequence, drawn for people."""
        return self.describe(self.sample(rng, 1, length, "held_out"), 0)

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        """The sequences twice, different in what step t, from 0, tells, and in nothing else.

        Whatever stood there, both have something informative in its place, to see whether the
        answer depends on it. Targets are left as they were: they need not fit any more.
        Unless a task knows better: the step's own input, and that of another sequence.
        """
        return batch, batch.changed(t, np.roll(batch.inputs[t], 1, axis=-1))

    def steps(self, length: int) -> int:
        """Time steps of a sequence of length T."""
        return length

    def lag(self, length: int) -> int:
        """Steps from the first input that the last answer needs to that answer, typically."""
        return self.steps(length) - 1

    def target_steps(self, length: int) -> int:
        """How many steps, counted from the end, have a target and enter the loss.

        The loss is their average, so that it does not grow with the length (see TARGETS).
        """
        return self.steps(length) if self.every else 1

    def scored_steps(self, length: int) -> int:
        """How many steps, counted from the end, count for accuracy."""
        return 1

    def correct(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Which answers are right.

        Outputs (..., outputs, sequences), targets (..., sequences) -> bool (..., sequences).
        An answer that is not finite is wrong.
        """
        return (outputs.argmax(dim=-2) == targets) & outputs.isfinite().all(dim=-2)

    def answer_parts(self, classes: Classes) -> tuple[Classes, ...]:
        """The parts of answers at scored steps, in the order in which the sequence holds them."""
        return (classes,)

    @final
    def solved(self, accuracy: float, loss: float, length: int) -> bool:
        """Whether a model with this held-out accuracy (0 to 1) and loss has solved length T.

        Both are those at the scored steps alone, wherever the targets are. Who does not remember
        has solved nothing, whatever the task's own criterion: no task can contradict the memory
        span.
        """
        return remembers(accuracy, self.chance(length).accuracy) and self.meets_criterion(
            accuracy, loss
        )

    def meets_criterion(self, accuracy: float, loss: float) -> bool:
        """What the task itself asks of who has solved it; ``criterion`` says it in words."""
        return accuracy >= self.solved_accuracy

    @property
    def criterion(self) -> str:
        """When an answer is right and the task solved, in a sentence for people."""
        right = f"right within {self.tolerance:g}" if self.tolerance else "right"
        return f"Solved: at least {self.solved_accuracy:.0%} of the held-out answers are {right}."

    def chance(self, length: int) -> Baseline:
        """The best predictor that ignores the input."""
        return self.baselines(length)[0]

    def asked(self, question: str) -> str:
        """The legend's line for a question that has its answer where the targets are."""
        if not self.every:
            return f"At the last step: {question}"
        return (
            f"At every step: {question} The loss covers all steps; accuracy counts the last alone."
        )

    @property
    def memoryless(self) -> str:
        """The rung of a predictor that sees a target step and nothing before it."""
        return f"sees the {'current' if self.every else 'last'} step only"
