"""The claim that the GRU does as well as the LSTM or better."""

from __future__ import annotations

from collections.abc import Sequence

from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import HELP, minus, score
from models.experiment import Experiment
from models.tasks import make_task

TASKS = ("temporal_order", "adding", "recall")
LENGTH = 50
NO_WORSE = Effect("score of the GRU minus that of the LSTM, T = 50", -HELP)


def _cases(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(
            make_task(run.experiment.task).title,
            NO_WORSE,
            minus(*(score(run, cell, [LENGTH]) for cell in ("gru", "lstm"))),
        )
        for run in runs
    ]


GRU_AS_GOOD = Claim(
    name="gru_as_good",
    title="GRU and LSTM",
    statement="The GRU does as well as the LSTM, or better.",
    source="Chung et al. 2014; Jozefowicz et al. 2015",
    reasoning="Three tasks at 50 steps, both cells with bias 1 and 32 units, each at the better of "
    "two learning rates by validation. As well is: not worse by more than a tenth of the way "
    "from chance to perfect, for most seeds, on every task. An interval that lies above 0 says "
    "that it is better, one within ± 0.1 that the two are equivalent.",
    changes="Equal numbers of parameters instead of units: the LSTM has a third more. Tasks that "
    "count without bound favour the LSTM, whose c has no ends.",
    experiments=tuple(
        Experiment(
            task=task,
            cells=("lstm", "gru"),
            lengths=(LENGTH,),
            seeds=SEEDS,
            steps=300,
            learning_rate=(0.005, 0.02),
            evaluate_every=300,
        )
        for task in TASKS
    ),
    cases=_cases,
)
