"""The files of a run that was really trained, as small as a run can be with every table."""

from __future__ import annotations

from functools import cache

import pandas as pd
import torch

from models.analysis.row_order import in_order
from models.analysis.schema import TABLES
from models.analysis.table_types import no_rows
from models.exchange import files
from models.exchange.files import Results
from models.experiment import Experiment
from models.store.environment import environment
from models.training.train import train
from models.training.weights import WeightsKey

TINY = Experiment(
    task="recall",
    cells=("rnn:gain=1.5", "lstm"),
    lengths=(3, 4),
    seeds=2,
    first_seed=5,
    steps=2,
    evaluate_every=1,
    hidden_size=2,
    batch_size=4,
    held_out=8,
    learning_rate=(0.01, 0.0200000003),
    test_lengths=(5,),
    device="cpu",
)


RUN = "20260102-030405-abcdefghijklmnop"


@cache
def results() -> Results:
    """What it measured."""
    snapshots = list(train(TINY, processes=1))
    torch.set_flush_denormal(False)
    tables = {}
    for name, columns in TABLES.items():
        parts = [one.tables[name] for one in snapshots if name in one.tables]
        rows = pd.concat(parts, ignore_index=True).assign(run=RUN)[list(columns)]
        tables[name] = in_order(rows.astype(no_rows(name).dtypes.to_dict()), TINY)
    weights = {
        WeightsKey(one.cell, model.length, model.seed, model.learning_rate, one.step): parameters
        for one in snapshots
        for model, parameters in one.weights.items()
    }
    return Results(RUN, TINY, {**environment(), "status": "finished"}, tables, weights)


@cache
def content() -> dict[str, bytes]:
    """Its files by name."""
    return files.all_files(results())


@cache
def packed() -> bytes:
    """All of them in a ZIP."""
    return files.zip_bytes(results())
