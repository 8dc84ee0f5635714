"""Claims about normalisation inside a simple RNN: batch norm helps little, layer norm helps."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import HELP, instability, minus, score
from models.experiment import Experiment

LENGTHS = (10, 20, 50)
LAYER, BATCH = "rnn:norm=layer", ("rnn:norm=batch", "rnn:gamma=0.1,norm=batch")
GAINED = "score gained by the norm, mean of T = 10, 20 and 50"
LITTLE = Effect(GAINED, HELP, above=False)
HELPS = Effect(GAINED, HELP)
STEADIER = Effect("powers of ten by which the norm brings the gradient nearer to stable", 1.0)
NORMALISED = Experiment(
    cells=("rnn", *BATCH, LAYER),
    lengths=LENGTHS,
    seeds=SEEDS,
    steps=300,
    learning_rate=(0.003, 0.01),
    evaluate_every=300,
)
"""The experiment of both claims."""


def _batch(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(cell_label(cell), LITTLE, minus(_score(run, cell), _score(run, "rnn")))
        for run in runs
        for cell in BATCH
    ]


def _layer(runs: Sequence[Measured]) -> list[Case]:
    longest = LENGTHS[-1]
    return [
        case
        for run in runs
        for case in (
            Case.of(
                f"gradient at initialisation, T = {longest}",
                STEADIER,
                minus(instability(run, "rnn", longest), instability(run, LAYER, longest)),
            ),
            Case.of("memory", HELPS, minus(_score(run, LAYER), _score(run, "rnn"))),
        )
    ]


def _score(run: Measured, cell: str) -> pd.Series:
    return score(run, cell, LENGTHS)


BATCH_NORM = Claim(
    name="batch_norm_helps_little",
    title="Batch norm",
    statement="Inside a simple RNN, batch normalisation helps little.",
    source="Laurent et al. 2016; Cooijmans et al. 2016, section 4",
    reasoning="The simple RNN with and without batch normalisation of input and state, with two "
    "initial scales, each at the better of two learning rates by validation. The score of a seed "
    "is its mean over three lengths of temporal order, 0 at chance and 1 at perfect. Help is "
    "little if it gains less than a tenth. To hurt is to help little, too.",
    changes="A task without an input at every step: there a small scale leaves the gradient "
    "level, as in figure 1 of the paper. Here the newest input makes up half of each state.",
    experiments=(NORMALISED,),
    cases=_batch,
)
LAYER_NORM = Claim(
    name="layer_norm_helps",
    title="Layer norm",
    statement="Inside a simple RNN, layer normalisation stabilises the gradient and helps memory.",
    source="Ba, Kiros & Hinton 2016, section 5",
    reasoning="The simple RNN with and without layer normalisation, each at the better of two "
    "learning rates by validation. Two things have to hold: before training, the gradient at the "
    "first of 50 steps is nearer to that at the last by more than a factor of 10; after it, the "
    "mean score over three lengths is higher by more than a tenth.",
    changes="A gradient that reaches the first step is necessary for memory, not sufficient: more "
    "optimiser steps may turn the one into the other.",
    experiments=(NORMALISED,),
    cases=_layer,
)
