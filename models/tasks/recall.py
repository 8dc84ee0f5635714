"""The recall or latch task: which symbol came first?

The two-sequence problem of Bengio, Simard & Frasconi 1994 with symbols. There is one state to hold
and nothing to tell apart later: random weights often solve it, and a simple RNN that saturates does
well at it (Hochreiter & Schmidhuber 1997, section 5.3). It is no headline test of memory.

Two symbols as one number a step, with noise after the first, are that problem as it was posed
(``recall:classes=2,distractors=noise,inputs=scalar``); ten symbols, all from one alphabet, are the
digits of the palindrome task, whose last digit is its first.
"""

from __future__ import annotations

import math

import numpy as np

from models.settings.spec import Option
from models.tasks.sequences import one_hot, read_symbols, two_symbols
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
NOISE_VARIANCE = 0.2
"""The variance of the inputs after the first, with ``distractors=noise`` (Hochreiter & Schmidhuber
1997, section 5.3)."""
NAMES = "ABCDEFGHIJ"
"""What the symbols are called that the first one is drawn from."""


class Recall(Task):
    """The first symbol is the answer; all the others are distractors."""

    name = "recall"
    title = "Recall"
    references = ("bengio1994", "hochreiter1997")
    options = (
        Option(
            "classes",
            ("2", "4", "8", "10"),
            "4",
            "how many symbols the first one is drawn from",
            phrase="{} classes",
        ),
        Option(
            "distractors",
            ("other", "same", "noise"),
            "other",
            "whether the later symbols have an alphabet of their own or that of the first symbol, "
            "or are noise: normal numbers in place of symbols",
            words={
                "other": "an alphabet of their own",
                "same": "the same alphabet",
                "noise": "noise",
            },
            phrase="distractors from {}",
        ),
        Option(
            "inputs",
            ("one_hot", "scalar"),
            "one_hot",
            "whether a symbol is a vector with a single 1, or one number: the symbols are then "
            "evenly spaced from -1 to 1",
            words={"one_hot": "one-hot"},
            phrase="{} inputs",
        ),
        TARGETS,
    )
    lengths = (20, 50, 100, 200)

    def __init__(
        self,
        classes: str = "4",
        distractors: str = "other",
        inputs: str = "one_hot",
        targets: str = "last",
    ) -> None:
        self.every, self._noise = targets == "every", distractors == "noise"
        self._scalar = inputs == "scalar"
        self.outputs = int(classes)
        own = distractors == "other"
        self._alphabet = self.outputs + (OTHER_DISTRACTORS if own else 0)
        self._distractors = (self.outputs if own else 0, self._alphabet)
        self.inputs = 1 if self._scalar else self._alphabet
        if not self._noise:
            self.question = Question("Which symbol came first?", self._names()[: self.outputs])
            self.typing = (
                f"One symbol a step: at first one of {', '.join(self.symbols_at(0, 2))}, then any "
                f"of {', '.join(self.symbols_at(1, 2))}."
            )

    @property
    def legend(self) -> Legend:
        first = f"The first is one of {', '.join(self._names()[: self.outputs])}"
        later = f"; all later ones are drawn from {', '.join(self.symbols_at(1, 2))}."
        if self._noise:
            later = f". All later inputs are noise with a variance of {NOISE_VARIANCE}."
        number = " It is one number, evenly spaced from -1 to 1." if self._scalar else ""
        return Legend(
            goes_in=f"One symbol per step. {first}{later}{number}",
            asked=self.asked(f"which symbol came first? {self.outputs} classes."),
            dependency="Only the first step matters, and the answer comes T - 1 steps later. The "
            "network only has to settle into one of several states and stay there.",
        )

    @property
    def script(self) -> str:
        low, high = self._distractors
        encoded = f"nn.functional.one_hot(symbols, {self._alphabet}).float()"
        if self._scalar:
            encoded = f"torch.linspace(-1, 1, {self._alphabet})[symbols].unsqueeze(-1)"
        targets = "symbols[:, :1]" + (".expand(-1, length)" if self.every else "")
        noise = f"""\
    noise = torch.randn(sequences, length - 1, {self.inputs}, generator=generator)
    inputs[:, 1:] = {NOISE_VARIANCE} ** 0.5 * noise
"""
        return f"""\
def sample(sequences, length, generator, split):
    symbols = torch.randint({low}, {high}, (sequences, length), generator=generator)
    symbols[:, :1] = torch.randint({self.outputs}, (sequences, 1), generator=generator)
    inputs = {encoded}
{noise if self._noise else ""}    return inputs, {targets}
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        symbols = rng.integers(*self._distractors, (length, sequences))
        symbols[0] = rng.integers(0, self.outputs, sequences)
        batch = self._answered(symbols)
        if self._noise:
            shape = batch.inputs[1:].shape
            batch.inputs[1:] = rng.normal(scale=math.sqrt(NOISE_VARIANCE), size=shape)
        return batch

    def typed(self, text: str, length: int) -> Batch:
        if self._noise:
            return super().typed(text, length)
        symbols = read_symbols(text, self._names(), length)
        for t, number in enumerate(symbols[:, 0].tolist()):
            symbol, allowed = self._names()[number], self.symbols_at(t, length)
            if symbol not in allowed:
                raise SequenceError(
                    f"{symbol!r} cannot stand at step {t + 1}: use {', '.join(allowed)}."
                )
        return self._answered(symbols)

    def symbols_at(self, t: int, length: int) -> str:
        if self._noise:
            return ""
        return self._names()[self._distractors[0] :] if t else self._names()[: self.outputs]

    def _answered(self, symbols: np.ndarray) -> Batch:
        """The batch of ``symbols`` (T, B) with its targets."""
        length = len(symbols)
        targets = symbols[:1].repeat(self.target_steps(length), axis=0)
        return Batch(self._encoded(symbols), targets)

    def _encoded(self, symbols: np.ndarray) -> np.ndarray:
        """Symbol numbers (steps, sequences) as inputs (steps, inputs, sequences)."""
        if not self._scalar:
            return one_hot(symbols, self._alphabet)
        values: np.ndarray = np.linspace(-1, 1, self._alphabet, dtype=np.float32)[symbols]
        return values[:, None]

    def _symbols(self, inputs: np.ndarray) -> np.ndarray:
        """The numbers of the symbols that ``_encoded`` gave these inputs."""
        spaced = np.rint((inputs[:, 0] + 1) / 2 * (self._alphabet - 1)).astype(int)
        symbols: np.ndarray = spaced if self._scalar else inputs.argmax(axis=1)
        return symbols

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        # There is one informative step: a predictor that knows it has solved the task.
        accuracy, loss = 1 / self.outputs, math.log(self.outputs)
        guessed = 1 - 1 / length if self.every else 1
        return (
            Baseline("chance", accuracy, loss),
            Baseline(self.memoryless, accuracy, guessed * loss),
        )

    def describe(self, batch: Batch, sequence: int) -> Example:
        names, inputs = self._names(), batch.inputs[..., [sequence]]
        symbols = [
            names[symbol] for symbol in self._symbols(inputs[: 1 if self._noise else None])[:, 0]
        ]
        symbols += [f"{x:.2f}" for x in inputs[len(symbols) :].mean(axis=(1, 2))]
        answer = self.answer_in_words(batch.targets[-1:, sequence])
        return Example(tuple(symbols), (True, *[False] * (len(symbols) - 1)), answer)

    def kinds(self, example: Example) -> tuple[str, ...]:
        later = ["noise"] * (len(example.symbols) - 1) if self._noise else example.symbols[1:]
        return ("the first step", *later)

    def answer_in_words(self, answers: np.ndarray) -> str:
        return self._names()[answers[-1]]

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        symbols, others = two_symbols(rng, batch.inputs.shape[-1], 0, self.outputs)
        first, second = self._encoded(np.stack([symbols, others]))
        return batch.changed(t, first), batch.changed(t, second)

    def _names(self) -> str:
        return NAMES[: self.outputs] + "wxyz"[: self._alphabet - self.outputs]
