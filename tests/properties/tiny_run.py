"""The files of a run that was really trained, as small as a run can be with every table."""

from __future__ import annotations

from functools import cache

import torch

from models.analysis.schema import TABLES, in_order, typed
from models.exchange import files
from models.exchange.files import Results
from models.experiment import Experiment
from models.kernels.version import kernels_on
from models.store.environment import environment
from models.training.train import train
from models.training.weights import WeightsKey
from tests.models.tables import tables_of

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
    """The results of the run."""
    snapshots = list(train(TINY))
    torch.set_flush_denormal(False)
    tables = {
        name: in_order(typed(rows.assign(run=RUN)[list(TABLES[name])]), TINY)
        for name, rows in tables_of(snapshots).items()
    }
    weights = {
        WeightsKey(one.cell, model.length, model.seed, model.learning_rate, one.step): parameters
        for one in snapshots
        for model, parameters in one.weights.items()
    }
    known = {**environment(kernels_on("cpu")), "status": "finished"}
    return Results(RUN, TINY, known, tables, weights)


@cache
def content() -> dict[str, bytes]:
    """The run's files by name."""
    return files.all_files(results())


@cache
def packed() -> bytes:
    """The run's files in a ZIP."""
    return files.zip_bytes(results())
