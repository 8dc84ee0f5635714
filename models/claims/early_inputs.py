"""The claim that early inputs influence training less than late ones."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import diagnostic, minus
from models.experiment import Experiment

CELLS = ("rnn", "lstm", "gru")
LENGTH = 35
EARLY, LATE = "accuracy_part_1", "accuracy_part_3"
LATER_IS_BETTER = Effect(
    "accuracy of the last symbol minus that of the first, mean over training", 0.0
)


def _cases(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(
            cell_label(cell),
            LATER_IS_BETTER,
            minus(_over_training(run, cell, LATE), _over_training(run, cell, EARLY)),
        )
        for run in runs
        for cell in CELLS
    ]


def _over_training(run: Measured, cell: str, symbol: str) -> pd.Series:
    """The mean of a symbol's accuracy over all evaluations after step 0."""
    means: pd.Series = diagnostic(run, cell, symbol, LENGTH).query("step > 0").mean()
    return means


EARLY_LEARN_LESS = Claim(
    name="early_inputs_count_less",
    title="Early inputs",
    statement="The network learns less from early inputs than from late ones.",
    source="Hochreiter & Schmidhuber 1997, section 5.6, task 6b; Pascanu, Mikolov & Bengio 2013",
    reasoning="Temporal order with three symbols: one comes early, one in the middle, one late, "
    "35 steps in all. While a model learns, the share of held-out answers in which it has each "
    "symbol right is measured, and averaged over training: what is learned later has a lower mean. "
    "The statement holds for a seed if the last symbol's mean is above the first one's.",
    changes="A cell whose gradient does not fade: it has no reason to learn late symbols first.",
    experiments=(
        Experiment(
            task="temporal_order:symbols=3",
            cells=CELLS,
            lengths=(LENGTH,),
            seeds=SEEDS,
            steps=300,
            learning_rate=(0.005,),
        ),
    ),
    cases=_cases,
)
