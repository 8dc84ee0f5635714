"""The base class of tasks: sequences with a long-range dependency, and which answers are right."""

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
"""What sequences are drawn for."""
Loss = Literal["cross_entropy", "squared_error"]
Classes = TypeVar("Classes", "torch.Tensor", np.ndarray)

TARGETS = Option(
    "targets",
    ("last", "every"),
    "last",
    "where the loss is: at the last step only, or at every step",
    words={"last": "last step only", "every": "every step"},
    phrase="targets at {}",
)
"""The option of tasks in which every step has an answer: sequence-to-vector or -to-sequence.

The loss is averaged over the target steps, not summed: a clipping threshold and a learning rate
mean the same for either choice and at every length.
"""


MIDDLE = 0.5
"""The scaled score from which on a model remembers: half-way between chance and all right."""

Numbers = TypeVar("Numbers", float, "pd.Series")


def scaled_score(accuracy: Numbers, chance: Numbers) -> Numbers:
    """Returns accuracy on a scale that is 0 at chance and 1 where every answer is right."""
    return (accuracy - chance) / (1 - chance)


def remembers(accuracy: float, chance: float) -> bool:
    """Returns whether a model with this accuracy remembers, as for the memory span."""
    return bool(scaled_score(accuracy, chance) >= MIDDLE)


class SequenceError(ValueError):
    """A text that is no sequence of a task; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Batch:
    """Sequences of one length with their targets: time first, sequences last."""

    inputs: np.ndarray
    """(steps, inputs, sequences), float32."""
    targets: np.ndarray
    """(target steps, sequences): class numbers (int64) for cross-entropy, values (float32) for
    squared error. Target steps are the last ones of the sequence."""

    def subset(self, first: int, sequences: int) -> Batch:
        """Returns so many sequences from the ``first`` on."""
        chosen = slice(first, first + sequences)
        return Batch(self.inputs[..., chosen], self.targets[..., chosen])

    def changed(self, t: int, step: ArrayLike) -> Batch:
        """Returns the batch with another input at step t, from 0.

        ``step`` is (inputs, sequences), or (inputs, 1) for the same input everywhere.
        """
        inputs = self.inputs.copy()
        inputs[t] = step
        return Batch(inputs, self.targets)


@dataclass(frozen=True)
class Baseline:
    """What the best predictor reaches that knows only so much: a rung of the baseline ladder.

    It always knows the time step, and how the sequences are drawn.
    """

    name: str
    accuracy: float
    """The share of right answers at the scored steps."""
    loss: float
    """The mean over the target steps."""


@dataclass(frozen=True)
class Legend:
    """A task in words, one or two sentences each."""

    goes_in: str
    """What the inputs are."""
    asked: str
    """What the answer is, and where the targets are."""
    dependency: str
    """How far apart the two are, and what that asks of a network."""


@dataclass(frozen=True)
class Example:
    """One sequence for people."""

    symbols: tuple[str, ...]
    """A short text for the input of each step."""
    informative: tuple[bool, ...]
    """Whether the answer depends on each step's input."""
    answer: str
    """The right answer."""
    brightness: tuple[float, ...] = ()
    """The brightness of the first steps, from 0 to 1, where these are pixels."""
    picture: tuple[tuple[float, ...], ...] = ()
    """The brightness in the image that has these pixels, row by row from the top."""


@dataclass(frozen=True)
class Question:
    """What a person who has seen a sequence is asked: its informative symbols, in order."""

    text: str
    """The question."""
    symbols: str
    """The symbols to choose from, one sign each."""


class Task(ABC):
    """A long-range dependency problem with an adjustable sequence length T.

    Registered in ``models.tasks.TASKS``; made from its spec text by ``models.tasks.make_task``,
    which passes every option as a keyword with a text value.
    """

    name: ClassVar[str]
    """The task's name in specs, such as ``temporal_order``."""
    title: ClassVar[str]
    """The task's name for people."""
    references: ClassVar[tuple[str, ...]]
    """The papers that it is from, by their keys in ``models.analysis.references``."""
    options: ClassVar[tuple[Option, ...]] = ()
    """The options that ``__init__`` takes."""
    loss: ClassVar[Loss] = "cross_entropy"
    """The loss that models are trained with."""
    lengths: ClassVar[tuple[int, ...]]
    """Sequence lengths that show the task well: the default choice on a page."""
    minimum_length: int = 2
    """The shortest sequence that the task can be posed with."""
    inputs: int
    """The number of features of a step."""
    outputs: int
    """The number of classes, or 1 where the answer is a value."""
    tolerance: float = 0.0
    """Where the answer is a value: one that is off by less is right."""
    solved_accuracy: ClassVar[float] = 0.99
    """The share of right answers from which on the task is solved."""
    question: Question | None = None
    """What people are asked who do the task themselves; None where its answer is no symbols."""
    typing: str = ""
    """How a person types a sequence, in a sentence; empty where none can be typed."""
    every: bool = False
    """Whether every step has a target, and not the last one alone; see TARGETS."""

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where the chosen options do not go together."""
        return

    @property
    @abstractmethod
    def legend(self) -> Legend:
        """The task in words, for people."""

    @property
    @abstractmethod
    def script(self) -> str:
        """The sampler written with torch alone, for the standalone script.

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
        """Draws sequences; the same state of ``rng`` gives the same batch."""

    @abstractmethod
    def baselines(self, length: int) -> tuple[Baseline, ...]:
        """Returns the ladder: chance, then better informed predictors that fail all the same."""

    @abstractmethod
    def describe(self, batch: Batch, sequence: int) -> Example:
        """Returns one sequence of a batch, for people."""

    def typed(self, text: str, length: int) -> Batch:
        """Returns the one sequence that a person has typed, with the targets it has by definition.

        Raises SequenceError where the text is no sequence of this length.
        """
        raise SequenceError(f"Sequences of {self.title} cannot be typed.")

    def text(self, batch: Batch, sequence: int) -> str:
        """Returns what a person would type to have this sequence of a batch."""
        return "".join(self.describe(batch, sequence).symbols)

    def symbols_at(self, t: int, length: int) -> str:
        """Returns the symbols that may stand at step t, from 0; empty where these are no symbols.

        A sequence with another of them in its place need not be one of the task.
        """
        return ""

    def kinds(self, example: Example) -> tuple[str, ...]:
        """Returns what kind of input each step has, in words; empty where there are no kinds."""
        return example.symbols

    def answer_in_words(self, answers: np.ndarray) -> str:
        """Returns an answer, (scored steps,), as ``describe`` words the right one."""
        return str(answers[-1])

    def example(self, rng: np.random.Generator, length: int) -> Example:
        """Draws one held-out sequence, for people."""
        return self.describe(self.sample(rng, 1, length, "held_out"), 0)

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        """Returns the sequences twice, different in the input at step t, from 0, and nowhere else.

        Both have an informative input there, whatever stood there before, to see whether the answer
        depends on it. Targets are left as they are, though they need not be right any more. A task
        that does not say otherwise has the step's own input, and that of another sequence.
        """
        return batch, batch.changed(t, np.roll(batch.inputs[t], 1, axis=-1))

    def independent(self, sequences: int, split: Split) -> int:
        """Returns how many of so many sequences are independent: no more than a finite set has."""
        return sequences

    def steps(self, length: int) -> int:
        """Returns the number of time steps of a sequence of length T."""
        return length

    def lag(self, length: int) -> int:
        """Returns the typical number of steps from the first input that an answer needs to it."""
        return self.steps(length) - 1

    def target_steps(self, length: int) -> int:
        """Returns how many steps, counted from the end, have a target and enter the loss.

        The loss is their average, so that it does not grow with the length (see TARGETS).
        """
        return self.steps(length) if self.every else 1

    def scored_steps(self, length: int) -> int:
        """Returns how many steps, counted from the end, count for accuracy."""
        return 1

    def correct(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Returns which answers are right, bool (..., sequences).

        ``outputs`` are (..., outputs, sequences), ``targets`` (..., sequences). An answer that is
        not finite is wrong.
        """
        return (outputs.argmax(dim=-2) == targets) & outputs.isfinite().all(dim=-2)

    def answer_parts(self, classes: Classes) -> tuple[Classes, ...]:
        """Returns the parts of answers at scored steps, in the order of the symbols they name.

        Each has the shape of ``classes``. The answers of most tasks have one part, themselves.
        """
        return (classes,)

    @final
    def solved(self, accuracy: float, loss: float, length: int) -> bool:
        """Returns whether a model with this held-out accuracy (0 to 1) and loss has solved T.

        Both are those at the scored steps alone, wherever the targets are. A model that does not
        remember has solved nothing, whatever the task's own criterion is: no task can contradict
        the memory span.
        """
        return remembers(accuracy, self.chance(length).accuracy) and self.meets_criterion(
            accuracy, loss
        )

    def meets_criterion(self, accuracy: float, loss: float) -> bool:
        """Returns whether the task's own criterion is met, which ``criterion`` says in words."""
        return accuracy >= self.solved_accuracy

    @property
    def criterion(self) -> str:
        """A sentence for people: when an answer is right, and the task solved."""
        right = f"right within {self.tolerance:g}" if self.tolerance else "right"
        return f"Solved: at least {self.solved_accuracy:.0%} of the held-out answers are {right}."

    def chance(self, length: int) -> Baseline:
        """Returns what the best predictor reaches that ignores the input."""
        return self.baselines(length)[0]

    def asked(self, question: str) -> str:
        """Returns the legend's line for this question, with where it is asked."""
        if not self.every:
            return f"At the last step: {question}"
        return (
            f"At every step: {question} The loss covers all steps; accuracy counts the last alone."
        )

    @property
    def memoryless(self) -> str:
        """The name of the rung of a predictor that sees a target step and nothing before it."""
        return f"sees the {'current' if self.every else 'last'} step only"
