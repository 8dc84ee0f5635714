"""Adding: the sum of the two marked numbers.

Hochreiter & Schmidhuber 1997, section 5.4, in the form of Arjovsky, Shah & Bengio 2016: numbers
from U[0, 1], one marker in each half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.tasks.task import Baseline, Batch, Example, Legend, Split, Task

if TYPE_CHECKING:
    import torch

TOLERANCE = 0.04
"""An answer closer than this is right (Hochreiter & Schmidhuber)."""
SOLVED_LOSS = 0.01


class Adding(Task):
    """Two of many numbers are marked; give their sum at the end."""

    name = "adding"
    title = "Adding"
    loss = "squared_error"
    lengths = (20, 50, 100, 200)
    inputs = 2
    outputs = 1

    @property
    def legend(self) -> Legend:
        return Legend(
            goes_in="At each step a number drawn evenly from 0 to 1, and a marker that is 1 at two "
            "steps and 0 at all others.",
            asked="At the last step: the sum of the two marked numbers. An answer is right within "
            f"{TOLERANCE}; the task is solved at a mean squared error below {SOLVED_LOSS}.",
            dependency="One marker stands anywhere in the first half, one anywhere in the second: "
            "the first number waits half the sequence on average.",
        )

    @property
    def script(self) -> str:
        return """\
def sample(sequences, length, generator, split):
    numbers = torch.rand(sequences, length, generator=generator)
    marked = torch.zeros(sequences, length)
    for low, high in (0, length // 2), (length // 2, length):
        marked.scatter_(1, torch.randint(low, high, (sequences, 1), generator=generator), 1)
    return torch.stack([numbers, marked], dim=-1), (numbers * marked).sum(1, keepdim=True)
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        numbers = rng.random((length, sequences), dtype=np.float32)
        marked = np.zeros((length, sequences), np.float32)
        half = length // 2
        for low, high in ((0, half), (half, length)):
            marked[rng.integers(low, high, sequences), np.arange(sequences)] = 1
        return Batch(np.stack([numbers, marked], axis=1), (numbers * marked).sum(0)[None])

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        # The sum of both has a triangular density on [0, 2]; with one known, a uniform one is left.
        nothing = Baseline("chance", 1 - (1 - TOLERANCE) ** 2, 1 / 6)
        one = Baseline("remembers one number", 2 * TOLERANCE, 1 / 12)
        last_is_marked = 1 / (length - length // 2)
        last = Baseline(
            "sees the last step only",
            nothing.accuracy + last_is_marked * (one.accuracy - nothing.accuracy),
            nothing.loss + last_is_marked * (one.loss - nothing.loss),
        )
        return nothing, last, one

    def example(self, rng: np.random.Generator, length: int) -> Example:
        batch = self.sample(rng, 1, length)
        numbers, marked = batch.inputs[..., 0].T
        terms = " + ".join(f"{number:.2f}" for number in numbers[marked == 1])
        return Example(
            tuple(f"{number:.2f}" for number in numbers),
            tuple(bool(mark) for mark in marked),
            f"{terms} = {batch.targets[0, 0]:.2f}",
        )

    def correct(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (outputs.squeeze(-2) - targets).abs() < TOLERANCE

    def solved(self, accuracy: float, loss: float) -> bool:
        return loss < SOLVED_LOSS
