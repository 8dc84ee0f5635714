"""Claims about the gradient of simple RNNs at initialisation: longer sequences, tanh and ReLU."""

from __future__ import annotations

from collections.abc import Sequence

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import BOUNDED, EXPLODES, RATIOS, gradient_ratio, instability, minus
from models.experiment import Experiment

SHORT, LONG = 10, 100
FURTHER = Effect(
    f"further from 1 at T = {LONG} than at T = {SHORT}: {RATIOS['h']}, powers of ten", 1.0
)
CELLS = ("rnn:init=pytorch", "rnn", "lstm", "gru")
GAINS = ("2", "3")
"""Gains of orthogonal weights at which ReLU, with half of its units active, explodes."""


def _longer(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(
            cell_label(cell),
            FURTHER,
            minus(instability(run, cell, LONG), instability(run, cell, SHORT)),
        )
        for run in runs
        for cell in CELLS
    ]


def _tanh_and_relu(runs: Sequence[Measured]) -> list[Case]:
    kinds = (("activation=relu,", EXPLODES, "explodes"), ("", BOUNDED, "does not explode"))
    return [
        Case.of(f"{cell_label(cell)}: {what}", effect, gradient_ratio(run, cell, LONG))
        for run in runs
        for gain in GAINS
        for options, effect, what in kinds
        for cell in [f"rnn:{options}gain={gain}"]
    ]


LONGER_IS_WORSE = Claim(
    name="longer_is_less_stable",
    title="Longer, less stable",
    statement="The longer the sequence, the less stable the gradient: it vanishes or explodes.",
    source="Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013, "
    "section 2.1",
    reasoning="Before training, the gradient at the first step is compared with that at the last, "
    "at 10 and at 100 steps. Stable would be a ratio of 1. The statement holds for a seed if the "
    "ratio is further from 1 over 100 steps by more than a factor of 10, in either direction. "
    "Only the start of training is tested: training can change it.",
    changes="A cell whose ratio over 100 steps is within ten times that over 10 steps, such as one "
    "with chrono bias, which is not among the four.",
    experiments=(Experiment(cells=CELLS, lengths=(SHORT, LONG), seeds=SEEDS, steps=0),),
    cases=_longer,
)
TANH_KEEPS = Claim(
    name="tanh_keeps_from_exploding",
    title="tanh against ReLU",
    statement="With tanh, the gradient of a simple RNN does not explode where it does with ReLU.",
    source="Pascanu, Mikolov & Bengio 2013, section 2.1; Le, Jaitly & Hinton 2015",
    reasoning="The same orthogonal recurrent weights, two and three times as large, once with each "
    "activation. A gradient has exploded that is more than 100 times larger at the first step than "
    "at the last, 100 steps later. The state is surely bounded with tanh. The gradient is another "
    "matter: the slope of tanh is near 1 wherever a unit is near 0.",
    changes="Other weights: with small ones neither explodes, with large inputs tanh saturates "
    "more and its slope is smaller.",
    experiments=(
        Experiment(
            cells=tuple(
                f"rnn:{options}gain={gain}"
                for gain in GAINS
                for options in ("", "activation=relu,")
            ),
            lengths=(LONG,),
            seeds=SEEDS,
            steps=0,
        ),
    ),
    cases=_tanh_and_relu,
)
