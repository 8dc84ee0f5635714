"""The models of an experiment in shards, which train as populations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.experiment import Experiment


@dataclass(frozen=True)
class ModelKey:
    """The settings that tell one model of a cell from another."""

    length: int
    """The sequence length that it is trained at."""
    seed: int
    """The seed of its parameters and sequences."""
    learning_rate: float
    """The learning rate of its optimiser."""


@dataclass(frozen=True)
class Shard:
    """Models of one cell, longest first, that train as one population."""

    cell: str
    """The cell spec."""
    models: tuple[ModelKey, ...]
    """The models in the order of the population."""

    def __str__(self) -> str:
        """The shard's name in a run; no other shard of the cell begins with the same model."""
        first = self.models[0]
        return (
            f"{self.cell} length={first.length} seed={first.seed} "
            f"learning_rate={first.learning_rate!r}"
        )


def partition(experiment: Experiment, earlier: Sequence[Experiment] = ()) -> list[Shard]:
    """Returns the models of each cell, in the order of the cells.

    All models of a cell are one shard, but where the experiment was extended: ``earlier`` are the
    experiments that it was before, oldest first, and what each of them added to the one before it
    is a shard of its own, since it begins to train later.
    """
    shards = []
    for cell in experiment.cells:
        known: dict[ModelKey, None] = {}
        for one in (*earlier, experiment):
            if cell not in one.cells:
                continue
            if added := tuple(model for model in _models(one) if model not in known):
                shards.append(Shard(cell, added))
                known |= dict.fromkeys(added)
    return shards


def starting_steps(
    experiment: Experiment, earlier: Sequence[Experiment] = ()
) -> dict[Shard, int | None]:
    """How far the last of the ``earlier`` experiments trains each shard; None where it has none."""
    known = set(partition(earlier[-1], earlier[:-1])) if earlier else set()
    return {
        shard: earlier[-1].steps if shard in known else None
        for shard in partition(experiment, earlier)
    }


def average_step(steps: Mapping[Shard, int | None]) -> int:
    """The optimiser steps of a model, on average over all models of these shards."""
    models = sum(len(shard.models) for shard in steps)
    return sum(len(shard.models) * (step or 0) for shard, step in steps.items()) // models


def _models(experiment: Experiment) -> list[ModelKey]:
    """The models of each cell of an experiment."""
    return [
        ModelKey(length, seed, rate)
        for length in reversed(experiment.lengths)
        for seed in experiment.seed_numbers
        for rate in experiment.learning_rate
    ]
