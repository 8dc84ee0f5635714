"""Claims about who handles a hundred steps, and that the gradient at initialisation predicts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
import pandas as pd

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import REMEMBERS, gradient_ratio, score
from models.experiment import Experiment
from models.tasks.task import MIDDLE

LENGTHS = (100, 200)
GATED = ("lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono")
SIMPLE = ("rnn", "rnn:gain=1.5", "rnn:activation=relu,init=identity")
AT_LONG_SEQUENCES = Experiment(
    cells=("rnn", *GATED), lengths=LENGTHS, seeds=SEEDS, steps=300, evaluate_every=100
)
"""The experiment that four claims share: the cells of *Who remembers?* at 100 and 200 steps."""
RIGHT = Effect("pairs of cells in the right order, share", 0.75)


def _gated(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(f"{cell_label(cell)}, T = {length}", REMEMBERS, score(run, cell, [length]))
        for run in runs
        for cell in GATED
        for length in LENGTHS
    ]


def _latch(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(cell_label(cell), REMEMBERS, score(run, cell, LENGTHS[:1]))
        for run in runs
        for cell in SIMPLE
    ]


def _predicts(runs: Sequence[Measured]) -> list[Case]:
    return [Case.of("Temporal order, T = 100 and 200", RIGHT, _in_order(run)) for run in runs]


def _in_order(run: Measured) -> pd.Series:
    """The share of pairs in which the cell that learned a length had the steadier gradient.

    Pairs are of two cells at one length, of which one learned it and the other did not. A seed
    without such a pair has NaN, one of which a cell is missing is left out.
    """
    right: dict[int, list[float]] = {}
    for length in LENGTHS:
        scores, distances = (_by_cell(run, length, of) for of in (_score, _distance))
        for seed in scores.index.intersection(distances.index):
            learned, distance = scores.loc[seed] >= MIDDLE, distances.loc[seed]
            pairs = [
                (np.sign(distance[other] - distance[one]) + 1) / 2
                for one, other in permutations(AT_LONG_SEQUENCES.cells, 2)
                if learned[one] and not learned[other]
            ]
            right.setdefault(int(seed), []).extend(pairs)
    shares = {seed: float(np.mean(pairs)) if pairs else np.nan for seed, pairs in right.items()}
    return pd.Series(shares, dtype=float)


def _by_cell(
    run: Measured, length: int, measure: Callable[[Measured, str, int], pd.Series]
) -> pd.DataFrame:
    """What is measured of each cell at a length: one row a seed that every cell has."""
    columns = {cell: measure(run, cell, length) for cell in AT_LONG_SEQUENCES.cells}
    return pd.concat(columns, axis=1, join="inner")


def _score(run: Measured, cell: str, length: int) -> pd.Series:
    return score(run, cell, [length])


def _distance(run: Measured, cell: str, length: int) -> pd.Series:
    """How far the gradient is from stable, in powers of ten, in the state that carries it best."""
    ratios = [gradient_ratio(run, cell, length, state) for state in ("h", "c")]
    best: pd.Series = pd.concat(ratios, axis=1).max(axis=1).abs()
    return best


GATED_HANDLE = Claim(
    name="gated_handle_100",
    title="Gates reach 100 steps",
    statement="Gated cells handle 100 steps and more.",
    source="Hochreiter & Schmidhuber 1997, section 5; Cho et al. 2014; Chung et al. 2014",
    reasoning="LSTM and GRU with bias 1 and with chrono bias on temporal order, 100 and 200 steps, "
    "after 300 optimiser steps. A seed handles a length if it is at least halfway from chance to "
    "perfect. The statement is about gated cells as such, so each of them has to.",
    changes="The bias of the gate that keeps the state, and more training: the LSTM of 1997 was "
    "given a thousand times as many sequences.",
    experiments=(AT_LONG_SEQUENCES,),
    cases=_gated,
)
LATCH = Claim(
    name="simple_rnn_latches",
    title="The latch task",
    statement="A simple RNN that starts well handles 100 steps, too, on the latch task.",
    source="Bengio, Simard & Frasconi 1994, section 3; Le, Jaitly & Hinton 2015; Hochreiter & "
    "Schmidhuber 1997, section 5.3",
    reasoning="The latch task: name the first symbol after 100 steps of others. To settle into one "
    "of four states and stay there is all it takes, and a gradient that vanishes does no harm to "
    "what has settled. Three ways to start are tried: orthogonal weights, the same with gain 1.5, "
    "and the identity with ReLU. One that works is enough.",
    changes="Distractors from the same alphabet as the first symbol, or a task in which a later "
    "input matters as well.",
    experiments=(
        Experiment(
            task="recall",
            cells=SIMPLE,
            lengths=LENGTHS[:1],
            seeds=SEEDS,
            steps=300,
            learning_rate=(0.01,),
            evaluate_every=300,
        ),
    ),
    cases=_latch,
    any_case=True,
)
PREDICTS = Claim(
    name="gradient_predicts",
    title="The gradient predicts",
    statement="The gradient at initialisation predicts which cell can learn a length.",
    source="Pascanu, Mikolov & Bengio 2013; Schoenholz et al. 2017",
    reasoning="Of two cells at the same length, one learns the task and the other does not. Had "
    "the one that learns the steadier gradient before training, that is, at the first step nearer "
    "to that at the last, in the state that carries it best? Guessing is right in half of the "
    "pairs; to predict is to be right in more than three quarters. Only cells at the same length "
    "are compared: that longer is harder predicts nothing here.",
    changes="An optimiser that makes up for small gradients, and gates that open in training: the "
    "prediction errs on the side of too little.",
    experiments=(AT_LONG_SEQUENCES,),
    cases=_predicts,
)
