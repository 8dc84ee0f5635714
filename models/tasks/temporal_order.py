"""Temporal order: which symbols came, and in which order?

Hochreiter & Schmidhuber 1997, section 5.6, in the layout of Pascanu, Mikolov & Bengio 2013.
"""

from __future__ import annotations

import math

import numpy as np

from models.spec import Option
from models.tasks.one_hot import one_hot
from models.tasks.task import Baseline, Batch, Example, Legend, Split, Task

DISTRACTORS = 4
INFORMATIVE = 2
WINDOWS = {"2": ((0.1, 0.2), (0.5, 0.6)), "3": ((0.1, 0.2), (0.3, 0.4), (0.6, 0.7))}


class TemporalOrder(Task):
    """Two (or three) informative symbols hide among distractors; name them in order at the end."""

    name = "temporal_order"
    title = "Temporal order"
    options = (Option("symbols", ("2", "3"), "2", "how many informative symbols: 4 or 8 classes"),)
    lengths = (20, 50, 100, 200)
    minimum_length = 10
    inputs = INFORMATIVE + DISTRACTORS

    def __init__(self, symbols: str = "2") -> None:
        self.windows = WINDOWS[symbols]
        self.outputs = INFORMATIVE ** len(self.windows)

    @property
    def legend(self) -> Legend:
        count = {2: "Two", 3: "Three"}[len(self.windows)]
        places = ", ".join(f"{low:.0%}–{high:.0%}" for low, high in self.windows)
        return Legend(
            goes_in="One symbol per step: c, d, e or f at random. "
            f"{count} steps hold A or B instead.",
            asked=f"At the last step: which of A and B came, in order? {self.outputs} classes.",
            dependency=f"The informative symbols stand at {places} of the sequence; all that "
            "follows is distraction that the network must not be moved by.",
        )

    @property
    def script(self) -> str:
        return f"""\
def sample(sequences, length, generator, split):
    def draw(low, high, *shape):
        return torch.randint(low, high, shape, generator=generator)

    symbols = draw({INFORMATIVE}, {self.inputs}, sequences, length)  # distractors
    target = torch.zeros(sequences, 1, dtype=torch.long)
    for k, (low, high) in enumerate({self.windows}):
        first = int(low * length)
        position = draw(first, max(int(high * length), first + 1), sequences, 1)
        value = draw(0, {INFORMATIVE}, sequences, 1)
        symbols.scatter_(1, position, value)
        target += value * {INFORMATIVE}**k
    return nn.functional.one_hot(symbols, {self.inputs}).float(), target
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        symbols, targets, _ = self._draw(rng, sequences, length)
        return Batch(one_hot(symbols, self.inputs), targets[None])

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        symbols = len(self.windows)
        # The last step is always a distractor, so to see it alone helps nothing.
        ladder = [
            Baseline("chance", 1 / self.outputs, math.log(self.outputs)),
            Baseline("sees the last step only", 1 / self.outputs, math.log(self.outputs)),
        ]
        for known in range(1, symbols):
            classes = INFORMATIVE ** (symbols - known)
            word = {1: "one informative symbol", 2: "two informative symbols"}[known]
            ladder.append(Baseline(f"remembers {word}", 1 / classes, math.log(classes)))
        return tuple(ladder)

    def example(self, rng: np.random.Generator, length: int) -> Example:
        symbols, targets, positions = self._draw(rng, 1, length)
        names = tuple("ABcdef"[symbol] for symbol in symbols[:, 0])
        informative = tuple(step in positions[:, 0] for step in range(length))
        answer = ", then ".join(names[position] for position in positions[:, 0])
        return Example(names, informative, f"{answer} (class {targets[0]})")

    def _draw(
        self, rng: np.random.Generator, sequences: int, length: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Symbols (steps, sequences), targets (sequences,), positions (informative, sequences)."""
        symbols = rng.integers(INFORMATIVE, self.inputs, (length, sequences))
        values = rng.integers(0, INFORMATIVE, (len(self.windows), sequences))
        positions = np.empty_like(values)
        for k, (low, high) in enumerate(self.windows):
            first = int(low * length)
            positions[k] = rng.integers(first, max(int(high * length), first + 1), sequences)
        symbols[positions, np.arange(sequences)] = values
        targets = (values * INFORMATIVE ** np.arange(len(self.windows))[:, None]).sum(0)
        return symbols, targets, positions
