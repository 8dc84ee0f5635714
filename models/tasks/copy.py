"""The copy task: repeat ten symbols after a wait.

Hochreiter & Schmidhuber 1997 in the form of Arjovsky, Shah & Bengio 2016: T + 20 steps, by
definition with a target at every one of them. Accuracy counts the ten recalled symbols alone: over
all steps, a network whose every answer is blank would look good.
"""

from __future__ import annotations

import math

import numpy as np

from models.tasks.sequences import check_steps, one_hot, read_symbols, symbol_probe
from models.tasks.task import (
    Baseline,
    Batch,
    Example,
    Legend,
    Question,
    SequenceError,
    Split,
    Task,
)

SYMBOLS = 10
"""The number of symbols to remember and to recall at the last steps."""
ALPHABET = 8
"""The number of different symbols, 1 to 8 as inputs and targets."""
BLANK = 0
DELIMITER = ALPHABET + 1
NAMES = "·abcdefgh>"
"""What all symbols are called, by their numbers."""


class Copy(Task):
    """Ten symbols are to be repeated after a wait and a delimiter."""

    name = "copy"
    title = "Copy"
    references = ("hochreiter1997", "arjovsky2016")
    lengths = (5, 10, 20, 30)
    minimum_length = 1
    inputs = ALPHABET + 2
    outputs = ALPHABET + 1
    every = True
    question = Question(f"Which {SYMBOLS} symbols came, in order?", "abcdefgh")
    typing = f"{SYMBOLS} symbols from a to h; the wait, the > and the blanks after them stay."

    @property
    def legend(self) -> Legend:
        return Legend(
            goes_in=f"{SYMBOLS} symbols, each one of {ALPHABET}; then T - 1 blanks, a delimiter "
            f"(>) and {SYMBOLS} more blanks: T + {2 * SYMBOLS} steps.",
            asked=f"Blanks until the delimiter has passed, then the {SYMBOLS} symbols in order. "
            f"The loss covers every step; accuracy counts the last {SYMBOLS} only.",
            dependency=f"Each symbol has to be repeated T + {SYMBOLS} steps after it was seen, and "
            f"all {SYMBOLS} have to be remembered at once: {SYMBOLS * 3} bits.",
        )

    @property
    def script(self) -> str:
        return f"""\
def sample(sequences, length, generator, split):
    data = torch.randint(1, {ALPHABET + 1}, (sequences, {SYMBOLS}), generator=generator)
    inputs = torch.full((sequences, length + {2 * SYMBOLS}), {BLANK})
    inputs[:, :{SYMBOLS}] = data
    inputs[:, -{SYMBOLS + 1}] = {DELIMITER}
    targets = torch.full_like(inputs, {BLANK})
    targets[:, -{SYMBOLS}:] = data
    return nn.functional.one_hot(inputs, {self.inputs}).float(), targets
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        return self._answered(rng.integers(1, ALPHABET + 1, (SYMBOLS, sequences)), length)

    def typed(self, text: str, length: int) -> Batch:
        signs = "".join(text.split())
        data = read_symbols(signs[:SYMBOLS], NAMES[1:DELIMITER], SYMBOLS, "symbols") + 1
        batch = self._answered(data, length)
        if rest := signs[SYMBOLS:]:
            check_steps(len(signs), self.steps(length))
            if rest != (right := self.text(batch, 0)[SYMBOLS:]):
                raise SequenceError(
                    f"After the {SYMBOLS} symbols there have to stand {right.index('>')} blanks, "
                    f"then > and {SYMBOLS} blanks, or nothing at all."
                )
        return batch

    def symbols_at(self, t: int, length: int) -> str:
        return NAMES[1:DELIMITER] if t < SYMBOLS else ""

    def _answered(self, data: np.ndarray, length: int) -> Batch:
        """The batch with these symbols to remember, (SYMBOLS, B), and its targets."""
        symbols = np.full((self.steps(length), data.shape[-1]), BLANK)
        targets = symbols.copy()
        symbols[:SYMBOLS] = data
        symbols[-SYMBOLS - 1] = DELIMITER
        targets[-SYMBOLS:] = data
        return Batch(one_hot(symbols, self.inputs), targets)

    def lag(self, length: int) -> int:
        return length + SYMBOLS

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        # All of them know the time step, so they are sure of the blanks.
        def knows(symbols: int) -> tuple[float, float]:
            guessed = SYMBOLS - symbols
            accuracy = (symbols + guessed / ALPHABET) / SYMBOLS
            return accuracy, guessed * math.log(ALPHABET) / self.steps(length)

        return (
            Baseline("chance", *knows(0)),
            Baseline(self.memoryless, *knows(0)),
            Baseline("remembers one of ten symbols", *knows(1)),
        )

    def describe(self, batch: Batch, sequence: int) -> Example:
        symbols = batch.inputs[..., sequence].argmax(axis=1)
        return Example(
            tuple(NAMES[symbol] for symbol in symbols),
            tuple(step < SYMBOLS for step in range(len(symbols))),
            self.answer_in_words(batch.targets[-SYMBOLS:, sequence]),
        )

    def answer_in_words(self, answers: np.ndarray) -> str:
        return "".join(NAMES[symbol] for symbol in answers)

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        return symbol_probe(rng, batch, t, 1, ALPHABET + 1)

    def steps(self, length: int) -> int:
        return length + 2 * SYMBOLS

    def scored_steps(self, length: int) -> int:
        return SYMBOLS
