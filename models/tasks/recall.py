"""The recall or latch task: which symbol came first?

The two-sequence problem of Bengio, Simard & Frasconi 1994 with symbols. There is one state to hold
and nothing to tell apart later: random weights often solve it, and a simple RNN that saturates does
well at it (Hochreiter & Schmidhuber 1997, section 5.3). It is no headline test of memory.
"""

from __future__ import annotations

import math

import numpy as np

from models.settings.spec import Option
from models.tasks.sequences import one_hot, read_symbols, symbol_probe
from models.tasks.task import (
    TARGETS,
    Baseline,
    Batch,
    Example,
    Legend,
    Question,
    SequenceError,
    Split,
    Task,
)

OTHER_DISTRACTORS = 4
"""The number of symbols that are distractors alone, with ``distractors=other``."""


class Recall(Task):
    """The first symbol is the answer; all the others are distractors."""

    name = "recall"
    title = "Recall"
    references = ("bengio1994", "hochreiter1997")
    options = (
        Option(
            "classes",
            ("2", "4", "8"),
            "4",
            "how many symbols the first one is drawn from",
            phrase="{} classes",
        ),
        Option(
            "distractors",
            ("other", "same"),
            "other",
            "whether the later symbols have an alphabet of their own or that of the first symbol",
            words={"other": "an alphabet of their own", "same": "the same alphabet"},
            phrase="distractors from {}",
        ),
        TARGETS,
    )
    lengths = (20, 50, 100, 200)

    def __init__(
        self, classes: str = "4", distractors: str = "other", targets: str = "last"
    ) -> None:
        self.every = targets == "every"
        self.outputs = int(classes)
        own = distractors == "other"
        self.inputs = self.outputs + (OTHER_DISTRACTORS if own else 0)
        self._distractors = (self.outputs if own else 0, self.inputs)
        self.question = Question("Which symbol came first?", self._names()[: self.outputs])
        self.typing = (
            f"One symbol a step: at first one of {', '.join(self.symbols_at(0, 2))}, then any of "
            f"{', '.join(self.symbols_at(1, 2))}."
        )

    @property
    def legend(self) -> Legend:
        return Legend(
            goes_in=f"One symbol per step. The first is one of {', '.join(self.symbols_at(0, 2))}"
            f"; all later ones are drawn from {', '.join(self.symbols_at(1, 2))}.",
            asked=self.asked(f"which symbol came first? {self.outputs} classes."),
            dependency="Only the first step matters, and the answer comes T - 1 steps later. The "
            "network only has to settle into one of several states and stay there.",
        )

    @property
    def script(self) -> str:
        low, high = self._distractors
        targets = "symbols[:, :1]" + (".expand(-1, length)" if self.every else "")
        return f"""\
def sample(sequences, length, generator, split):
    symbols = torch.randint({low}, {high}, (sequences, length), generator=generator)
    symbols[:, :1] = torch.randint({self.outputs}, (sequences, 1), generator=generator)
    return nn.functional.one_hot(symbols, {self.inputs}).float(), {targets}
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        symbols = rng.integers(*self._distractors, (length, sequences))
        symbols[0] = rng.integers(0, self.outputs, sequences)
        return self._answered(symbols)

    def typed(self, text: str, length: int) -> Batch:
        symbols = read_symbols(text, self._names(), length)
        for t, number in enumerate(symbols[:, 0].tolist()):
            symbol, allowed = self._names()[number], self.symbols_at(t, length)
            if symbol not in allowed:
                raise SequenceError(
                    f"{symbol!r} cannot stand at step {t + 1}: use {', '.join(allowed)}."
                )
        return self._answered(symbols)

    def symbols_at(self, t: int, length: int) -> str:
        return self._names()[self._distractors[0] :] if t else self._names()[: self.outputs]

    def _answered(self, symbols: np.ndarray) -> Batch:
        """The batch of ``symbols`` (T, B) with its targets."""
        length = len(symbols)
        targets = symbols[:1].repeat(self.target_steps(length), axis=0)
        return Batch(one_hot(symbols, self.inputs), targets)

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        # There is one informative step: a predictor that knows it has solved the task.
        accuracy, loss = 1 / self.outputs, math.log(self.outputs)
        guessed = 1 - 1 / length if self.every else 1
        return (
            Baseline("chance", accuracy, loss),
            Baseline(self.memoryless, accuracy, guessed * loss),
        )

    def describe(self, batch: Batch, sequence: int) -> Example:
        names = self._names()
        symbols = tuple(names[symbol] for symbol in batch.inputs[..., sequence].argmax(axis=1))
        answer = self.answer_in_words(batch.targets[-1:, sequence])
        return Example(symbols, (True, *[False] * (len(symbols) - 1)), answer)

    def kinds(self, example: Example) -> tuple[str, ...]:
        return ("the first step", *example.symbols[1:])

    def answer_in_words(self, answers: np.ndarray) -> str:
        return self._names()[answers[-1]]

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        return symbol_probe(rng, batch, t, 0, self.outputs)

    def _names(self) -> str:
        return "ABCDEFGH"[: self.outputs] + "wxyz"[: self.inputs - self.outputs]
