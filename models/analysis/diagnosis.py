"""Why a model did not learn: a verdict from what was measured of it, with the rule and numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.analysis.words import count, distinct_percentages

Verdict = Literal[
    "solved",
    "diverged",
    "gate shut",
    "gradient exploded",
    "gradient truncated",
    "saturated",
    "gradient vanished",
    "still improving",
    "unclear",
]

RISE = 2.0
"""Standard errors by which accuracy has to rise from the third quarter to the last."""
EXPLODED = 1000.0
"""Times the clipping threshold. Of the recorded runs in dashboard/examples, models that solved
their task had norms of up to 420 times theirs."""
EXPLODED_UNCLIPPED = 100.0
"""The norm itself, where it is not clipped by norm."""
SHUT = 0.01
"""Share of the state that is left over the lag, below which the keep gate is shut."""
SATURATED = 0.5
"""Share of values of h at the ends of their range."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one model, the latest where it was measured several times."""

    accuracies: Sequence[float]
    """On held-out sequences, at each evaluation in order, from 0 to 1."""
    chance: float
    """Accuracy of the best predictor that ignores the input."""
    sequences: int
    """Held-out ones, at each evaluation."""
    solved: bool
    diverged: bool
    lag: int
    """Steps between the first informative input and the answer."""
    gradient_horizon: int
    """``models.analysis.horizon.gradient_horizon``, in steps: the longer of those of h and c.

    The gradient of a trained LSTM can live in c alone.
    """
    gradient_norm: float
    """The largest before clipping, over all of training."""
    clip: float | None
    """The threshold on that norm; None where it is not clipped by norm."""
    saturation: float
    """The share of h at the ends of its range, from 0 to 1."""
    keep_gate: float | None
    """The mean of f or z, from 0 to 1; None where the cell has neither."""
    truncate: int = 0
    """Steps that back-propagation goes back at most; 0 is all."""
    overflow: str = ""
    """Where a model that diverged went wrong, in words."""

    @property
    def accuracy(self) -> float:
        return self.accuracies[-1]

    @property
    def quarters(self) -> tuple[float, float]:
        """Mean accuracy of the third and the last quarter of the evaluations; NaN if below 4."""
        if len(self.accuracies) < 4:
            return math.nan, math.nan
        *_, third, last = np.array_split(np.asarray(self.accuracies, float), 4)
        return float(third.mean()), float(last.mean())

    @property
    def kept(self) -> float:
        """What the mean keep gate leaves of the state over the lag; 1 without such a gate."""
        return 1.0 if self.keep_gate is None else self.keep_gate**self.lag

    @property
    def too_short(self) -> bool:
        """Whether the gradient does not reach back to the informative input."""
        return self.gradient_horizon < self.lag


@dataclass(frozen=True)
class Diagnosis:
    verdict: Verdict
    rule: str
    """What has to hold for it."""
    sentence: str
    """It with the measured numbers in it."""


@dataclass(frozen=True)
class Rule:
    verdict: Verdict
    text: str
    holds: Callable[[Measured], bool]
    sentence: Callable[[Measured], str]


def diagnose(measured: Measured) -> Diagnosis:
    """The first of RULES that holds.

    They go from what settles the matter to what is guessed from symptoms:
    1. solved, diverged: facts.
    2. still improving: what still learns is not stopped by anything below.
    3. gradient exploded: a single such step can undo everything, wherever the gradient reaches.
    4. gradient truncated: by decree, whatever the cell.
    5. gate shut, saturated: causes of a gradient that vanishes, so they come before it. A gate
       that is half open does no harm while some unit's gradient reaches the informative input
       (f^n, LITERATURE 2.9); so does an h that latches.
    6. gradient vanished: nothing of the above explains it, as in an RNN with small weights
       (Pascanu, Mikolov & Bengio 2013, section 2.1).
    7. unclear: everything reaches back, and it does not learn all the same.
    """
    rule = next(rule for rule in RULES if rule.holds(measured))
    return Diagnosis(rule.verdict, rule.text, rule.sentence(measured))


def _improving(m: Measured) -> bool:
    third, last = m.quarters
    middle = (third + last) / 2
    error = math.sqrt(2 * middle * (1 - middle) / m.sequences)
    return last - third > RISE * error


def _exploded(m: Measured) -> bool:
    most = EXPLODED_UNCLIPPED if m.clip is None else EXPLODED * m.clip
    return m.gradient_norm > most


def _divergence(m: Measured) -> str:
    before = (
        f"until then the largest gradient norm was {_number(m.gradient_norm)}"
        if m.gradient_norm > 0
        else "from the first training step on"
    )
    where = f" {m.overflow}" if m.overflow else ""
    return f"Its loss or gradient stopped being finite; {before}.{where}"


def _explosion(m: Measured) -> str:
    norm = f"The gradient norm reached {_number(m.gradient_norm)}"
    if m.clip is None:
        return f"{norm}, and was not clipped by norm."
    times = _number(m.gradient_norm / m.clip)
    return f"{norm}, {times} times the clipping threshold of {_number(m.clip)}."


def _reach(m: Measured) -> str:
    return f"the gradient reaches {m.gradient_horizon} of the {count(m.lag, 'step')} back"


RULES = (
    Rule(
        "solved",
        "held-out accuracy and loss count as solved",
        lambda m: m.solved,
        lambda m: f"Solved: {m.accuracy:.1%} of {m.sequences} held-out sequences are right.",
    ),
    Rule(
        "diverged",
        "the loss or the gradient was not finite at a training step",
        lambda m: m.diverged,
        _divergence,
    ),
    Rule(
        "still improving",
        f"accuracy in the last quarter of training is more than {RISE:g} standard errors above "
        "that in the third",
        _improving,
        lambda m: (
            "Accuracy still rose, from {} in the third quarter of training to {} in the last: more "
            "steps may be all it needs.".format(*distinct_percentages(*m.quarters))
        ),
    ),
    Rule(
        "gradient exploded",
        f"the largest gradient norm before clipping is above {EXPLODED:g} times the threshold, or "
        f"{EXPLODED_UNCLIPPED:g} without clipping by norm",
        _exploded,
        _explosion,
    ),
    Rule(
        "gradient truncated",
        "back-propagation is cut before it reaches the informative input",
        lambda m: 0 < m.truncate <= m.lag,
        lambda m: (
            f"The answer hangs on an input {count(m.lag, 'step')} back, and back-propagation is "
            f"cut after {m.truncate}."
        ),
    ),
    Rule(
        "gate shut",
        "the gradient does not reach the informative input, and the mean keep gate to the power "
        f"of the lag is below {SHUT:g}",
        lambda m: m.too_short and m.kept < SHUT,
        lambda m: (
            f"On average {m.keep_gate:.2f} of the state is kept at a step, over the lag of "
            f"{count(m.lag, 'step')} that leaves {_number(m.kept)}; {_reach(m)}."
        ),
    ),
    Rule(
        "saturated",
        "the gradient does not reach the informative input, and at least "
        f"{SATURATED:.0%} of h is at the ends of its range",
        lambda m: m.too_short and m.saturation >= SATURATED,
        lambda m: (
            f"{m.saturation:.0%} of the values of h are at the ends of their range, where "
            f"the activation is flat; {_reach(m)}."
        ),
    ),
    Rule(
        "gradient vanished",
        "the gradient does not reach the informative input",
        lambda m: m.too_short,
        lambda m: (
            f"The answer hangs on an input {count(m.lag, 'step')} back, but beyond "
            f"{count(m.gradient_horizon, 'step')} the gradient is below 1 % of what it is at the "
            "end."
        ),
    ),
    Rule(
        "unclear",
        "no other rule holds",
        lambda m: True,
        lambda m: (
            f"{m.accuracy:.1%} of {m.sequences} held-out sequences are right, by chance "
            f"{m.chance:.1%} are. The gradient reaches all {count(m.lag, 'step')} back, and "
            "nothing else that was measured explains it."
        ),
    ),
)
"""In the order in which they are tried, see ``diagnose``."""


def _number(value: float) -> str:
    if value >= 1e6:
        return f"{value:.1e}".replace("e+", " · 10^")
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"
