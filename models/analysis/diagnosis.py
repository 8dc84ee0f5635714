"""Why a model did not learn: a verdict from what was measured of it, with the rule and numbers.

``models.analysis.diagnoses`` applies it to the tables of a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.analysis.statistics import NOISE
from models.analysis.words import count, distinct_percentages, number
from models.tasks.task import MIDDLE

Verdict = Literal[
    "solved",
    "diverged",
    "too few steps",
    "gradient exploded",
    "forgot again",
    "gradient truncated",
    "gate shut",
    "saturated",
    "gradient vanished",
    "at chance",
    "learned in part",
]
"""The verdicts on a model, one for each of RULES."""

RISE = 2.0
"""Accuracy still rises if it gains this many standard errors from the third quarter to the last."""
EXPLODED = 1000.0
"""A gradient has exploded if its norm is this many times the clipping threshold. Of the recorded
runs in dashboard/examples, models that solved their task had norms of up to 420 times theirs."""
EXPLODED_UNCLIPPED = 100.0
"""Where gradients are not clipped by norm, one has exploded if its norm is above this."""
SHUT = 0.01
"""The keep gate is shut if it leaves less than this share of the state over the lag."""
SATURATED = 0.5
"""The state is saturated if this share of the values of h is at the ends of their range."""


@dataclass(frozen=True)
class Measured:
    """The measurements of one model; the latest value where it was measured several times."""

    accuracies: Sequence[float]
    """The accuracy on held-out sequences at each evaluation in order, from 0 to 1."""
    chance: float
    """The accuracy of the best predictor that ignores the input, from 0 to 1."""
    sequences: int
    """The number of held-out sequences in each evaluation."""
    better_than_chance: bool
    """``models.analysis.statistics.better_than_chance`` of the last evaluation."""
    solved: bool
    """Whether the model has solved its task."""
    diverged: bool
    """Whether its loss or gradient stopped being finite."""
    lag: int
    """The time steps between the first informative input and the answer."""
    gradient_horizon: int | None
    """``models.analysis.gradient_profile.gradient_horizon``, in time steps; None if not measured.

    It is the longer of those of h and c: the gradient of a trained LSTM can last in c alone.
    """
    gradient_norm: float
    """The largest gradient norm before clipping, over all of training."""
    clip: float | None
    """The clipping threshold on that norm; None where it is not clipped by norm."""
    saturation: float
    """The share of the values of h at the ends of their range, from 0 to 1."""
    keep_gate: float | None
    """The mean of the gate that keeps the state, f or z, from 0 to 1; None without such a gate."""
    truncate: int = 0
    """The time steps that back-propagation goes back at most; 0 is all the way."""
    overflow: str = ""
    """Where in its sequences a model that diverged overflowed, in words."""

    @property
    def accuracy(self) -> float:
        """The accuracy at the last evaluation, from 0 to 1."""
        return self.accuracies[-1]

    @property
    def middle(self) -> float:
        """The accuracy half way from chance to 1: a model above it remembers."""
        return self.chance + MIDDLE * (1 - self.chance)

    @property
    def quarters(self) -> tuple[float, float]:
        """The mean accuracies of the third and last quarter of the evaluations; NaN below 4."""
        if len(self.accuracies) < 4:
            return math.nan, math.nan
        *_, third, last = np.array_split(np.asarray(self.accuracies, float), 4)
        return float(third.mean()), float(last.mean())

    @property
    def kept(self) -> float:
        """The share of the state that the mean keep gate leaves over the lag; 1 without one."""
        return 1.0 if self.keep_gate is None else self.keep_gate**self.lag

    @property
    def too_short(self) -> bool:
        """Whether the gradient does not reach back to the informative input."""
        return self.gradient_horizon is not None and self.gradient_horizon < self.lag


@dataclass(frozen=True)
class Diagnosis:
    """Why one model did not learn, or that it did."""

    verdict: Verdict
    """The diagnosis in a word or two."""
    rule: str
    """The condition under which the verdict is given."""
    sentence: str
    """The condition with the numbers that were measured of this model."""


@dataclass(frozen=True)
class Rule:
    """A verdict and the condition under which it is given."""

    verdict: Verdict
    """The diagnosis in a word or two."""
    text: str
    """The condition in words."""
    holds: Callable[[Measured], bool]
    """Whether the condition holds for a model."""
    sentence: Callable[[Measured], str]
    """The condition with the numbers of a model, in one or two sentences."""


def diagnose(measured: Measured) -> Diagnosis:
    """The diagnosis of one model by the first of RULES that holds.

    The rules go from what settles the matter to what is guessed from symptoms:
    1. solved, diverged: facts.
    2. too few steps: what still learns is not stopped by anything below.
    3. gradient exploded: a single such step can undo everything, wherever the gradient reaches.
    4. forgot again: what was learned once can be learned, whatever was measured at the end.
    5. gradient truncated: by a setting, whatever the cell.
    6. gate shut, saturated: causes of a gradient that vanishes, so they come before it. A gate
       that is half open does no harm while some unit's gradient reaches the informative input
       (f^n, LITERATURE 2.9); so does an h that latches.
    7. gradient vanished: nothing of the above explains it, as in an RNN with small weights
       (Pascanu, Mikolov & Bengio 2013, section 2.1).
    8. at chance, learned in part: everything reaches back, and it does not learn all the same.
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
        f"before that, the largest gradient norm was {number(m.gradient_norm)}"
        if m.gradient_norm > 0
        else "this was so from the first training step on"
    )
    where = f" {m.overflow}" if m.overflow else ""
    return f"Its loss or gradient became infinite or not a number; {before}.{where}"


def _explosion(m: Measured) -> str:
    norm = f"The gradient norm reached {number(m.gradient_norm)}"
    if m.clip is None:
        return f"{norm}; it was not clipped by norm."
    times = number(m.gradient_norm / m.clip)
    return f"{norm}, {times} times the clipping threshold of {number(m.clip)}."


def _forgetting(m: Measured) -> str:
    before, now = distinct_percentages(max(m.accuracies), m.accuracy)
    return (
        f"At one evaluation {before} of {m.sequences} held-out sequences were right, at the last "
        f"{now}; half way from chance is {m.middle:.1%}."
    )


def _no_cause(m: Measured) -> str:
    reached = (
        "How far back the gradient reaches was not measured."
        if m.gradient_horizon is None
        else f"The gradient reaches the informative input, {count(m.lag, 'step')} back, and "
        "nothing else that was measured explains the failure."
    )
    return (
        f"Held-out accuracy is {m.accuracy:.1%} on {count(m.sequences, 'sequence')} (chance: "
        f"{m.chance:.1%}). {reached}"
    )


def _reach(m: Measured) -> str:
    reached = count(m.gradient_horizon or 0, "step")
    return f"the gradient reaches {reached} back, and the informative input lies {m.lag} back"


RULES = (
    Rule(
        "solved",
        "the task's criterion is met on held-out sequences",
        lambda m: m.solved,
        lambda m: (
            f"Solved: held-out accuracy is {m.accuracy:.1%} on {count(m.sequences, 'sequence')}."
        ),
    ),
    Rule(
        "diverged",
        "the loss or the gradient was infinite or not a number at a training step",
        lambda m: m.diverged,
        _divergence,
    ),
    Rule(
        "too few steps",
        f"accuracy in the last quarter of training is more than {RISE:g} standard errors above "
        "that in the third quarter",
        _improving,
        lambda m: (
            "Accuracy was still rising, from {} in the third quarter of training to {} in the "
            "last: more training steps may be enough.".format(*distinct_percentages(*m.quarters))
        ),
    ),
    Rule(
        "gradient exploded",
        f"the largest gradient norm before clipping is above {number(EXPLODED)} times the "
        f"threshold, or above {number(EXPLODED_UNCLIPPED)} without clipping by norm",
        _exploded,
        _explosion,
    ),
    Rule(
        "forgot again",
        "at some evaluation accuracy was above the middle between chance and 1, at the last it is "
        "below",
        lambda m: max(m.accuracies) > m.middle > m.accuracy,
        _forgetting,
    ),
    Rule(
        "gradient truncated",
        "back-propagation stops before it reaches the informative input",
        lambda m: 0 < m.truncate <= m.lag,
        lambda m: (
            f"The answer depends on an input {count(m.lag, 'step')} back, but back-propagation "
            f"stops after {count(m.truncate, 'step')}."
        ),
    ),
    Rule(
        "gate shut",
        "the gradient does not reach the informative input, and the mean of the gate that keeps "
        f"the state, to the power of the lag, is below {SHUT:g}",
        lambda m: m.too_short and m.kept < SHUT,
        lambda m: (
            f"On average {number(m.keep_gate or 0)} of the state is kept at each step. Over the "
            f"lag of {count(m.lag, 'step')} that leaves {number(m.kept)}; {_reach(m)}."
        ),
    ),
    Rule(
        "saturated",
        "the gradient does not reach the informative input, and at least "
        f"{SATURATED:.0%} of the values of h are at the ends of their range",
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
            f"The answer depends on an input {count(m.lag, 'step')} back, but less than 1% of the "
            f"gradient reaches further back than {count(m.gradient_horizon or 0, 'step')}."
        ),
    ),
    Rule(
        "at chance",
        f"accuracy is within {NOISE} standard errors of chance, and no other rule applies",
        lambda m: not m.better_than_chance,
        _no_cause,
    ),
    Rule(
        "learned in part",
        "accuracy is above chance, and no other rule applies",
        lambda m: True,
        _no_cause,
    ),
)
"""The rules in the order in which ``diagnose`` tries them."""
