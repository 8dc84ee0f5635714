"""The adding task: the sum of the two marked numbers.

Hochreiter & Schmidhuber 1997, section 5.4, in the form of Arjovsky, Shah & Bengio 2016: numbers
from U[0, 1], one marker in each half.

An answer within 0.08 is right, and the task is solved where 99% of the answers are. Hochreiter &
Schmidhuber ask for 0.04 with targets 0.5 + (X1 + X2) / 4, which are from 0 to 1, not from 0 to
2. Older results were made with 0.04 all the same, and a mean squared error below 0.01 was called
solved, which a model can have that is wrong more often than right. They are read with
``tolerance=0.04``, and runs of then are resumed with it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from models.settings.spec import Option
from models.tasks.sequences import Window, arrivals, check_steps
from models.tasks.task import (
    TARGETS,
    Baseline,
    Batch,
    Example,
    Legend,
    SequenceError,
    Split,
    Task,
)

if TYPE_CHECKING:
    import torch

OLD_TOLERANCE = "0.04"
"""The tolerance that older results were made with."""
OLD_SOLVED_LOSS = 0.01
"""The mean squared error below which older results call the task solved."""
MARK = "*"
"""Stands after a marked number where a sequence is typed."""
TYPED_DIGITS = 3
"""Decimals of the numbers of a drawn sequence as a text."""
TOLERANCE = Option(
    "tolerance",
    ("0.08", OLD_TOLERANCE),
    "0.08",
    "an answer with a smaller error is right; 0.08 is the criterion of Hochreiter & Schmidhuber, "
    "0.04 that of older results, which count as solved at a mean squared error below "
    f"{OLD_SOLVED_LOSS}",
    in_old_results=OLD_TOLERANCE,
)


class Adding(Task):
    """Two of many numbers are marked; the answer is their sum, at the end."""

    name = "adding"
    title = "Adding"
    references = ("hochreiter1997", "le2015")
    options = (TARGETS, TOLERANCE)
    loss = "squared_error"
    lengths = (20, 50, 100, 200)
    inputs = 2
    outputs = 1
    typing = f"A number from 0 to 1 a step, with spaces between; {MARK} after the two marked ones."

    def __init__(self, targets: str = "last", tolerance: str = TOLERANCE.default) -> None:
        self.every = targets == "every"
        self.tolerance = float(tolerance)
        self._old = tolerance == OLD_TOLERANCE

    @property
    def legend(self) -> Legend:
        return Legend(
            goes_in="At each step, a random number from 0 to 1 and a marker, which is 1 at two "
            "steps and 0 at all others.",
            asked=self.asked(
                f"the sum of the {'marked numbers so far' if self.every else 'two marked numbers'}."
            ),
            dependency="One marker is somewhere in the first half, the other somewhere in the "
            "second. On average, half the sequence lies between them.",
        )

    @property
    def script(self) -> str:
        total = "cumsum(1)" if self.every else "sum(1, keepdim=True)"
        return f"""\
def sample(sequences, length, generator, split):
    numbers = torch.rand(sequences, length, generator=generator)
    marked = torch.zeros(sequences, length)
    for low, high in (0, length // 2), (length // 2, length):
        marked.scatter_(1, torch.randint(low, high, (sequences, 1), generator=generator), 1)
    return torch.stack([numbers, marked], dim=-1), (numbers * marked).{total}
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        numbers = rng.random((length, sequences), dtype=np.float32)
        marked = np.zeros((length, sequences), np.float32)
        for low, high in _halves(length):
            marked[rng.integers(low, high, sequences), np.arange(sequences)] = 1
        return self._answered(numbers, marked)

    def typed(self, text: str, length: int) -> Batch:
        words = text.split()
        numbers = [_number(word, t) for t, word in enumerate(words, start=1)]
        check_steps(len(words), length)
        marked = [word.endswith(MARK) for word in words]
        if sum(marked) != 2:
            raise SequenceError(
                f"Two numbers have to be marked, as in 0.5{MARK}, and here it is {sum(marked)}."
            )
        columns = (np.array(one, np.float32)[:, None] for one in (numbers, marked))
        return self._answered(*columns)

    def text(self, batch: Batch, sequence: int) -> str:
        steps = batch.inputs[..., sequence]
        return " ".join(f"{one:.{TYPED_DIGITS}f}{MARK * int(mark)}" for one, mark in steps)

    def _answered(self, numbers: np.ndarray, marked: np.ndarray) -> Batch:
        """The batch of these numbers and markers, (T, B) each, with its targets."""
        chosen = numbers * marked
        sums = chosen.cumsum(axis=0) if self.every else chosen.sum(axis=0, keepdims=True)
        return Batch(np.stack([numbers, marked], axis=1), sums)

    def lag(self, length: int) -> int:
        return length - 1 - length // 4

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        steps = np.arange(length)[-self.target_steps(length) :]
        come, earlier = arrivals(_halves(length), steps)
        elsewhere = np.maximum(1 - (come - earlier), 1e-300)  # the marker is not at this step
        # The sum of both has a triangular density on [0, 2]; with one known, a uniform one is left.
        nothing, one = 1 - (1 - self.tolerance) ** 2, 2 * self.tolerance
        last_is_marked = 1 / (length - length // 2)
        last = nothing + last_is_marked * (one - nothing)
        return (
            Baseline("chance", nothing, _loss(_variance(come))),
            Baseline(self.memoryless, last, _loss(elsewhere * _variance(earlier / elsewhere))),
            # It holds one of the numbers that have come, and knows how many have.
            Baseline("remembers one number", one, _loss(come[1:] / 12)),
        )

    def describe(self, batch: Batch, sequence: int) -> Example:
        numbers, marked = batch.inputs[..., sequence].T
        terms = " + ".join(f"{number:.2f}" for number in numbers[marked == 1])
        return Example(
            tuple(f"{number:.2f}" for number in numbers),
            tuple(bool(mark) for mark in marked),
            f"{terms} = {batch.targets[-1, sequence]:.2f}",
        )

    def kinds(self, example: Example) -> tuple[str, ...]:
        return tuple("marked numbers" if mark else "other numbers" for mark in example.informative)

    def answer_in_words(self, answers: np.ndarray) -> str:
        return f"{answers[-1]:.2f}".replace("-", "−")

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        """Returns the sequences with 0 and with 1 at t, marked in place of one in the same half."""
        inputs = batch.inputs.copy()
        for low, high in _halves(len(inputs)):
            if low <= t < high:
                inputs[low:high, 1] = 0
        moved = Batch(inputs, batch.targets)
        return moved.changed(t, [[0], [1]]), moved.changed(t, [[1], [1]])

    def correct(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (outputs.squeeze(-2) - targets).abs() < self.tolerance

    def meets_criterion(self, accuracy: float, loss: float) -> bool:
        return loss < OLD_SOLVED_LOSS if self._old else super().meets_criterion(accuracy, loss)

    @property
    def criterion(self) -> str:
        if not self._old:
            return super().criterion
        return (
            f"An older criterion: an answer is right within {self.tolerance:g}, and the task is "
            f"solved at a mean squared error below {OLD_SOLVED_LOSS}. Results that were made with "
            "it can call solved what the memory span does not."
        )


def _number(word: str, t: int) -> float:
    """The number that is typed at step t, from 1. Raises SequenceError."""
    try:
        number = float(word.removesuffix(MARK))
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise SequenceError(
            f"{word[:12]!r} at step {t} is no number from 0 to 1: type one such as 0.5, or "
            f"0.5{MARK} where it is marked."
        )
    return number


def _halves(length: int) -> tuple[Window, Window]:
    """The steps at which each of the two markers may stand."""
    return (0, length // 2), (length // 2, length)


def _variance(come: np.ndarray) -> np.ndarray:
    """The variance of what a marked number adds to the sum if it has ``come`` so probably."""
    return come / 3 - (come / 2) ** 2


def _loss(variances: np.ndarray) -> float:
    """The mean over target steps of the variance of the sum; (numbers, steps), independent."""
    return float(variances.sum(axis=0).mean())
