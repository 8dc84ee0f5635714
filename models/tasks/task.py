"""What a task is: sequences with a long-range dependency, and how an answer to them is judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from models.spec import Option

if TYPE_CHECKING:
    import torch

Split = Literal["train", "validation", "held_out"]
Loss = Literal["cross_entropy", "squared_error"]


@dataclass(frozen=True)
class Batch:
    """Sequences of one length, time first, sequences last.

    ``inputs`` has shape (steps, inputs, sequences), float32. ``targets`` has shape
    (target steps, sequences): class numbers (int64) for cross-entropy, values (float32) for
    squared error. Target steps are the last ones of the sequence.
    """

    inputs: np.ndarray
    targets: np.ndarray

    def part(self, first: int, sequences: int) -> Batch:
        """Some of the sequences."""
        chosen = slice(first, first + sequences)
        return Batch(self.inputs[..., chosen], self.targets[..., chosen])


@dataclass(frozen=True)
class Baseline:
    """What a predictor that knows only so much can reach; a rung of the baseline ladder."""

    name: str
    accuracy: float
    loss: float


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
    def example(self, rng: np.random.Generator, length: int) -> Example:
        """One sequence, drawn for people."""

    def steps(self, length: int) -> int:
        """Time steps of a sequence of length T."""
        return length

    def target_steps(self, length: int) -> int:
        """How many steps, counted from the end, have a target and enter the loss (averaged)."""
        return 1

    def scored_steps(self, length: int) -> int:
        """How many steps, counted from the end, count for accuracy."""
        return 1

    def correct(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Which answers are right.

        Outputs (..., outputs, sequences), targets (..., sequences) -> bool (..., sequences).
        An answer that is not finite is wrong.
        """
        return (outputs.argmax(dim=-2) == targets) & outputs.isfinite().all(dim=-2)

    def solved(self, accuracy: float, loss: float) -> bool:
        """Whether held-out accuracy (0 to 1) and loss count as solved in the field."""
        return accuracy >= 0.99

    def chance(self, length: int) -> Baseline:
        """The best predictor that ignores the input."""
        return self.baselines(length)[0]
