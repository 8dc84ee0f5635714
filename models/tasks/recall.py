"""The recall or latch task: which symbol came first?

The two-sequence problem of Bengio, Simard & Frasconi 1994 with symbols. There is one state to hold
and nothing to tell apart later: random weights often solve it, and a simple RNN that saturates does
well at it (Hochreiter & Schmidhuber 1997, section 5.3). It is no headline test of memory.
"""

from __future__ import annotations

import math

import numpy as np

from models.settings.spec import Option
from models.tasks.sequences import one_hot, symbol_probe
from models.tasks.task import TARGETS, Baseline, Batch, Example, Legend, Split, Task

OTHER_DISTRACTORS = 4
"""The number of symbols that are distractors alone, with ``distractors=other``."""


class Recall(Task):
    """The first symbol is the answer; all the others are distractors."""

    name = "recall"
    title = "Recall"
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

    @property
    def legend(self) -> Legend:
        symbols, low = self._names(), self._distractors[0]
        return Legend(
            goes_in=f"One symbol per step. The first is one of {', '.join(symbols[: self.outputs])}"
            f"; all later ones are drawn from {', '.join(symbols[low:])}.",
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
        return Example(symbols, (True, *[False] * (len(symbols) - 1)), symbols[0])

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        return symbol_probe(rng, batch, t, 0, self.outputs)

    def _names(self) -> str:
        return "ABCDEFGH"[: self.outputs] + "wxyz"[: self.inputs - self.outputs]
