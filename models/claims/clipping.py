"""The claim that clipping by norm rescues training that explodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import HELP, minus, score
from models.experiment import Experiment

CELLS = ("rnn:activation=relu,gain=2", "rnn:activation=relu,init=identity", "rnn:gain=1.5")
LENGTH = 20
EXPLODED = 100.0
"""Training has exploded in which the gradient norm was above this, or not finite."""
RESCUED = Effect("score with clipping minus that without, where that exploded", HELP)


def _cases(runs: Sequence[Measured]) -> list[Case]:
    clipped = [run for run in runs if run.experiment.clip > 0]
    free = [run for run in runs if run.experiment.clip == 0]
    return [
        Case.of(cell_label(cell), RESCUED, _gain(with_clip, without, cell))
        for with_clip, without in zip(clipped, free, strict=False)
        for cell in CELLS
    ]


def _gain(clipped: Measured, free: Measured, cell: str) -> pd.Series:
    """The score gained by clipping; NaN for a seed that did not explode without it."""
    gained = minus(score(clipped, cell, [LENGTH]), score(free, cell, [LENGTH]))
    rows = free.tables["training"]
    rows = rows[(rows["cell"] == cell) & (rows["length"] == LENGTH)]
    norms = rows["gradient_norm"].astype(float)
    largest = (
        norms.where(np.isfinite(norms), np.inf).groupby(rows["seed"]).max().reindex(gained.index)
    )
    return gained.where(largest > EXPLODED)


def _experiment(clip: float) -> Experiment:
    return Experiment(
        cells=CELLS,
        lengths=(LENGTH,),
        seeds=SEEDS,
        steps=300,
        learning_rate=(0.005,),
        clip=clip,
        evaluate_every=300,
    )


CLIPPING_RESCUES = Claim(
    name="clipping_rescues",
    title="Clipping",
    statement="Clipping the gradient by its norm rescues training that explodes.",
    source="Pascanu, Mikolov & Bengio 2013, section 3.2 and algorithm 1",
    reasoning="Three simple RNNs whose gradient explodes or does not fade, on temporal order over "
    "20 steps, once without clipping and once clipped at norm 1, with the same seeds. Counted are "
    "the seeds whose gradient norm was above 100 without clipping; the others say nothing. A seed "
    "is rescued if clipping gains more than a tenth of the way from chance to perfect.",
    changes="The optimiser: Adam divides each component by its own recent size, and is itself a "
    "kind of clipping. With plain gradient descent there is more to rescue.",
    experiments=(_experiment(1.0), _experiment(0.0)),
    cases=_cases,
)
