"""The claim that a simple RNN forgets beyond about ten steps."""

from __future__ import annotations

from collections.abc import Sequence

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Measured
from models.claims.measures import FORGETS, REMEMBERS, score
from models.experiment import Experiment
from models.tasks import make_task

CELLS = ("rnn:init=pytorch", "rnn")
TASKS = ("temporal_order", "recall")
WITHIN, BEYOND = 10, 20
"""Steps that a simple RNN should remember, and those that it should not any more."""


def _cases(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(
            f"{make_task(run.experiment.task).title}, {cell_label(cell)}: {what} {length} steps",
            effect,
            score(run, cell, [length]),
        )
        for run in runs
        for cell in CELLS
        for length, effect, what in ((WITHIN, REMEMBERS, "remembers"), (BEYOND, FORGETS, "forgets"))
    ]


FORGETS_BEYOND_TEN = Claim(
    name="forgets_beyond_ten",
    title="About ten steps",
    statement="A simple RNN forgets beyond about 10 steps.",
    source="Bengio, Simard & Frasconi 1994, section 3; Hochreiter & Schmidhuber 1997, section 5",
    reasoning="Two tasks and two initialisations. About 10 is between 10 and 20: at 10 steps most "
    "models have to remember, at 20 most have to forget. A model remembers that is at least "
    "halfway from chance to perfect. So small a number depends on everything: the cases say where "
    "it is right.",
    changes="The initialisation, the task and the number of optimiser steps: orthogonal weights "
    "and more training reach further.",
    experiments=tuple(
        Experiment(
            task=task,
            cells=CELLS,
            lengths=(WITHIN, BEYOND),
            seeds=SEEDS,
            steps=300,
            learning_rate=(0.01,),
            evaluate_every=300,
        )
        for task in TASKS
    ),
    cases=_cases,
)
