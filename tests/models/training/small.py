"""A small experiment to train in tests of this folder, and what came out of it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import torch

from models.cells import CELLS
from models.experiment import Experiment
from models.experiment.partition import Shard, partition
from models.training.population_trainer import PopulationTrainer
from models.training.snapshot import Snapshot

CPU = torch.device("cpu")
SMALL = Experiment(
    cells=("rnn",),
    lengths=(10, 13),
    seeds=2,
    steps=7,
    hidden_size=6,
    batch_size=8,
    evaluate_every=3,
    held_out=20,
    device="cpu",
)

EVERY_PATH = (
    *CELLS,
    "rnn:activation=relu,gain=1.5",
    "rnn:omega=1",
    "rnn:norm=layer",
    "rnn:norm=batch",
    "lstm:bias=chrono",
    "lstm:norm=layer",
    "lstm:norm=batch",
    "gru:bias=chrono",
    "gru:norm=batch",
)
"""Every cell, and every way through which one can be trained."""


def small(**settings: object) -> Experiment:
    """SMALL with other settings."""
    return Experiment.from_mapping({**vars(SMALL), **settings})


def shard_of(experiment: Experiment) -> Shard:
    """All models of an experiment with one cell."""
    (shard,) = partition(experiment)
    return shard


def trainer_of(**settings: object) -> PopulationTrainer:
    """The trainer of all models of SMALL, with other settings and one cell."""
    experiment = small(**settings)
    return PopulationTrainer(experiment, shard_of(experiment), CPU)


def table(snapshots: Iterable[Snapshot], name: str, after: int = -1) -> pd.DataFrame:
    """The sorted rows of a table, of the optimiser steps after this one."""
    frames = [one.tables[name] for one in snapshots if name in one.tables]
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["step"] > after]
    return rows.sort_values(list(rows.columns)).reset_index(drop=True)
