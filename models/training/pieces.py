"""A shard in pieces, which train on several machines, and what they measure put together again.

A model's numbers do not depend on which models train with it, so that a shard in pieces has, bit
for bit, the snapshots and checkpoints of the whole. Who keeps them need not know of pieces.
"""

from __future__ import annotations

import platform
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from models.experiment import Experiment, ExperimentError
from models.experiment.partition import Shard
from models.kernels.threads import Threads
from models.kernels.version import kernels_on
from models.tasks import make_task
from models.training.checkpoint import Checkpoint
from models.training.population_trainer import CHECKPOINT_SECONDS, RUNNING, PopulationTrainer
from models.training.snapshot import Snapshot
from models.training.train import advance


def train_turn(
    experiment: Experiment, piece: Shard, checkpoint: Checkpoint | None, kernels: str
) -> Snapshot:
    """Trains a piece from a checkpoint, or from its start, for one turn, on the CPU in one thread.

    The snapshot has the checkpoint to continue from. Raises ExperimentError where this machine has
    other ``kernels``.
    """
    if (here := kernels_on("cpu")) != kernels:
        raise ExperimentError(
            f"the worker on {platform.node()} has the kernels {here!r} and the run {kernels!r}: "
            "install the same release of Memory Lab, with numba, on all machines"
        )
    torch.set_num_threads(1)
    with threadpool_limits(1, "blas"):
        device = torch.device("cpu")
        trainer = PopulationTrainer(experiment, piece, device, checkpoint, Threads())
        snapshot = advance(trainer, lambda: False)
        return replace(snapshot, checkpoint=trainer.checkpoint())


class ShardInPieces:
    """What the pieces of a shard have measured, until all of them have been evaluated."""

    def __init__(
        self, experiment: Experiment, shard: Shard, models: int, checkpoint: Checkpoint | None
    ) -> None:
        """A piece has so many ``models`` at most; it continues from its part of ``checkpoint``."""
        self.experiment, self.shard = experiment, shard
        starts = range(0, len(shard.models), models)
        self.pieces = [Shard(shard.cell, shard.models[at : at + models]) for at in starts]
        parts = split(checkpoint, experiment, self.pieces) if checkpoint else ()
        self.checkpoints: dict[Shard, Checkpoint] = dict(zip(self.pieces, parts, strict=False))
        """Where each piece that has begun continues."""
        self._unevaluated: dict[Shard, list[Snapshot]] = {piece: [] for piece in self.pieces}
        self._evaluated: dict[Shard, deque[Snapshot]] = {piece: deque() for piece in self.pieces}
        self._last: Snapshot | None = None
        self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS

    def add(self, snapshot: Snapshot) -> Snapshot | None:
        """Takes a piece's next snapshot; returns one of the shard if that was what it lacked."""
        piece = snapshot.shard
        if snapshot.checkpoint:
            self.checkpoints[piece] = snapshot.checkpoint
        self._unevaluated[piece].append(snapshot)
        if "accuracy" in snapshot.tables:
            self._evaluated[piece].append(_one_after_the_other(self._unevaluated[piece]))
            self._unevaluated[piece] = []
        if not all(self._evaluated.values()):
            return None
        whole = _side_by_side(self.shard, [of.popleft() for of in self._evaluated.values()])
        self._last = whole
        return whole if self._checkpoint_due(whole.step) else replace(whole, checkpoint=None)

    def last_snapshot(self) -> Snapshot | None:
        """The snapshot of a shard that is stopped, to continue from its last one later."""
        if self._last is None or self._last.checkpoint is None:
            return None
        vectors = self._last.checkpoint.arrays["parameters"]
        weights = {
            model: vector
            for model, vector in zip(self.shard.models, vectors, strict=True)
            if model.seed in self.experiment.kept_seeds
        }
        return replace(self._last, tables={}, weights=weights)

    def _checkpoint_due(self, step: int) -> bool:
        now = time.monotonic()
        if now < self._next_checkpoint and step < self.experiment.steps:
            return False
        self._next_checkpoint = now + CHECKPOINT_SECONDS
        return True


def split(
    checkpoint: Checkpoint, experiment: Experiment, pieces: Sequence[Shard]
) -> list[Checkpoint]:
    """The checkpoint of each of the pieces that a shard consists of, from that of the shard."""
    task = make_task(experiment.task)
    models = _slices(len(piece.models) for piece in pieces)
    # Running statistics have a row for each time step of each model.
    steps = _slices(sum(task.steps(model.length) for model in piece.models) for piece in pieces)
    return [
        Checkpoint(
            checkpoint.step,
            {
                name: values[own_steps if name.startswith(RUNNING) else own]
                for name, values in checkpoint.arrays.items()
            },
            checkpoint.generators[own],
        )
        for own, own_steps in zip(models, steps, strict=True)
    ]


def join(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """The checkpoint of a shard from those of its pieces, all after as many optimiser steps."""
    (step,) = {one.step for one in checkpoints}
    arrays = {
        name: np.concatenate([one.arrays[name] for one in checkpoints])
        for name in checkpoints[0].arrays
    }
    return Checkpoint(step, arrays, [state for one in checkpoints for state in one.generators])


def _one_after_the_other(snapshots: Sequence[Snapshot]) -> Snapshot:
    """One snapshot of a piece from several."""
    return replace(snapshots[-1], tables=_tables(snapshots))


def _side_by_side(shard: Shard, snapshots: Sequence[Snapshot]) -> Snapshot:
    """The snapshot of a shard from those of its pieces, all after as many optimiser steps."""
    checkpoint = join([one.checkpoint for one in snapshots if one.checkpoint])
    weights = {model: vector for one in snapshots for model, vector in one.weights.items()}
    return Snapshot(shard, checkpoint.step, _tables(snapshots), weights, checkpoint)


def _tables(snapshots: Sequence[Snapshot]) -> dict[str, pd.DataFrame]:
    names = dict.fromkeys(name for one in snapshots for name in one.tables)
    return {
        name: pd.concat(
            [one.tables[name] for one in snapshots if name in one.tables], ignore_index=True
        )
        for name in names
    }


def _slices(counts: Iterable[int]) -> list[slice]:
    return [slice(*ends) for ends in pairwise(accumulate(counts, initial=0))]
