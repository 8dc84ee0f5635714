"""The temporal order task: which symbols came, and in which order?

Hochreiter & Schmidhuber 1997, section 5.6, in the layout of Pascanu, Mikolov & Bengio 2013.

Classes, with A as 0 and B as 1: the symbols in order are the binary digits of the class, the first
one worth 1, the second 2, the third 4. With targets at every step, a symbol that has not come yet
adds nothing and one that has adds its worth once more: 0 is nothing yet, 1 A, 2 B, 3 AA, 4 BA,
5 AB, 6 BB, and 7 to 14 are three symbols.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import entr

from models.settings.spec import Option
from models.tasks.sequences import Window, arrivals, one_hot, read_symbols, symbol_probe
from models.tasks.task import (
    TARGETS,
    Baseline,
    Batch,
    Classes,
    Example,
    Legend,
    Question,
    SequenceError,
    Split,
    Task,
)

DISTRACTORS = 4
"""The number of symbols that say nothing: c, d, e and f."""
INFORMATIVE = 2
"""The number of symbols to remember: A and B."""
NAMES = "ABcdef"
"""What all symbols are called, those to remember first."""
WINDOWS = {"2": ((0.1, 0.2), (0.5, 0.6)), "3": ((0.1, 0.2), (0.3, 0.4), (0.6, 0.7))}
"""Where the informative symbols stand, in shares of the length, by the option ``symbols``."""
REMEMBERED = ("one informative symbol", "two informative symbols")


class TemporalOrder(Task):
    """Two or three informative symbols among distractors are to be named in order at the end."""

    name = "temporal_order"
    title = "Temporal order"
    references = ("hochreiter1997", "pascanu2013")
    options = (
        Option(
            "symbols",
            ("2", "3"),
            "2",
            "how many informative symbols: 4 or 8 answers at the end",
            phrase="{} symbols",
        ),
        TARGETS,
    )
    lengths = (20, 50, 100, 200)
    minimum_length = 10
    question = Question(
        "What came first, and what second: A or B? (Twice the same is possible.)", "AB"
    )
    inputs = INFORMATIVE + DISTRACTORS

    def __init__(self, symbols: str = "2", targets: str = "last") -> None:
        self.windows = WINDOWS[symbols]
        self.every = targets == "every"
        self._orders = INFORMATIVE ** len(self.windows)
        self._partial = self._orders - 1 if self.every else 0
        self.outputs = self._partial + self._orders
        self.typing = (
            f"One symbol a step: A or B at {len(self.windows)} steps, and c, d, e or f at all "
            "others."
        )

    @property
    def legend(self) -> Legend:
        count = {2: "Two", 3: "Three"}[len(self.windows)]
        places = " and ".join(f"{100 * low:.0f}–{high:.0%}" for low, high in self.windows)
        return Legend(
            goes_in="One symbol per step: c, d, e or f at random. "
            f"{count} steps hold A or B instead.",
            asked=self.asked(
                f"which of A and B {'have come so far' if self.every else 'came'}, and in which "
                f"order? {self.outputs} classes."
            ),
            dependency=f"The informative symbols come at {places} of the sequence. Everything "
            "after them is distraction, which the network has to ignore.",
        )

    @property
    def script(self) -> str:
        steps, term = "1", f"value * {INFORMATIVE}**k"
        if self.every:
            steps = "length"
            term = f"(value + 1) * {INFORMATIVE}**k * (position <= torch.arange(length))"
        return f"""\
def sample(sequences, length, generator, split):
    def draw(low, high, *shape):
        return torch.randint(low, high, shape, generator=generator)

    symbols = draw({INFORMATIVE}, {self.inputs}, sequences, length)  # distractors
    target = torch.zeros(sequences, {steps}, dtype=torch.long)
    for k, (low, high) in enumerate({self.windows}):
        first = int(low * length)
        position = draw(first, max(int(high * length), first + 1), sequences, 1)
        value = draw(0, {INFORMATIVE}, sequences, 1)
        symbols.scatter_(1, position, value)
        target += {term}
    return nn.functional.one_hot(symbols, {self.inputs}).float(), target
"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        symbols = rng.integers(INFORMATIVE, self.inputs, (length, sequences))
        values = rng.integers(0, INFORMATIVE, (len(self.windows), sequences))
        positions = np.stack([rng.integers(*window, sequences) for window in self._windows(length)])
        return self._answered(symbols, positions, values)

    def typed(self, text: str, length: int) -> Batch:
        symbols = read_symbols(text, NAMES, length)
        positions = np.flatnonzero(symbols[:, 0] < INFORMATIVE)[:, None]
        if len(positions) != len(self.windows):
            steps = ", ".join(str(t + 1) for t in positions[:, 0])
            raise SequenceError(
                f"A or B has to stand at exactly {len(self.windows)} steps, and here it stands at "
                f"{len(positions)}{steps and f' (t = {steps})'}."
            )
        return self._answered(symbols, positions, symbols[positions[:, 0]])

    def symbols_at(self, t: int, length: int) -> str:
        return NAMES

    def _answered(self, symbols: np.ndarray, positions: np.ndarray, values: np.ndarray) -> Batch:
        """The batch of ``symbols`` (T, B) with informative ones in their place, and the targets.

        ``positions`` and ``values`` are (informative symbols, B), in the order of time.
        """
        symbols, sequences = symbols.copy(), symbols.shape[-1]
        symbols[positions, np.arange(sequences)] = values
        worth = INFORMATIVE ** np.arange(len(self.windows))[:, None]
        targets = (values * worth).sum(axis=0, keepdims=True)
        if self.every:
            gains = np.zeros_like(symbols)
            gains[positions, np.arange(sequences)] = (values + 1) * worth
            targets = gains.cumsum(axis=0)
        return Batch(one_hot(symbols, self.inputs), targets)

    def lag(self, length: int) -> int:
        low, high = self.windows[0]
        return length - 1 - round((low + high) / 2 * length)

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        steps = np.arange(length)[-self.target_steps(length) :]
        come, earlier = arrivals(self._windows(length), steps)
        bit = math.log(INFORMATIVE)

        def rung(name: str, known: int, nats: np.ndarray) -> Baseline:
            loss = float(nats.sum(axis=0).mean())
            return Baseline(name, INFORMATIVE**known / self._orders, loss)

        # The last step is always a distractor, so to see it alone helps nothing.
        return (
            rung("chance", 0, _entropy(come, 1 - come) + bit * come),
            rung(self.memoryless, 0, _entropy(earlier, 1 - come) + bit * earlier),
            *(
                # It holds some of the symbols that have come, and knows how many have.
                rung(f"remembers {symbols}", known, bit * come[known:])
                for known, symbols in enumerate(REMEMBERED[: len(self.windows) - 1], start=1)
            ),
        )

    def describe(self, batch: Batch, sequence: int) -> Example:
        symbols = batch.inputs[..., sequence].argmax(axis=1)
        names = tuple(NAMES[symbol] for symbol in symbols)
        informative = tuple(bool(symbol < INFORMATIVE) for symbol in symbols)
        return Example(names, informative, self.answer_in_words(batch.targets[-1:, sequence]))

    def answer_in_words(self, answers: np.ndarray) -> str:
        named = [NAMES[part[-1]] for part in self.answer_parts(answers) if part[-1] >= 0]
        return f"{', then '.join(named) or 'nothing yet'} (class {answers[-1]})"

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        return symbol_probe(rng, batch, t, 0, INFORMATIVE)

    def answer_parts(self, classes: Classes) -> tuple[Classes, ...]:
        """Returns each symbol of the answers by its number; -1 where one has not come."""
        rest = classes + (self._orders - 1 - self._partial)
        symbols = []
        for _ in self.windows:
            later = (rest - 1) * (rest > 0) // INFORMATIVE
            symbols.append(rest - 1 - INFORMATIVE * later)
            rest = later
        return tuple(symbols)

    def _windows(self, length: int) -> tuple[Window, ...]:
        """The steps at which each informative symbol may stand."""
        firsts = [(int(low * length), int(high * length)) for low, high in self.windows]
        return tuple((first, max(end, first + 1)) for first, end in firsts)


def _entropy(*shares: np.ndarray) -> np.ndarray:
    """The entropy over cases with these shares, times the sum of the shares, in nats."""
    entropy: np.ndarray = entr(np.array(shares)).sum(axis=0) - entr(sum(shares))
    return entropy
