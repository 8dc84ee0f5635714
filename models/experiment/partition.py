"""The models of an experiment in shards, which train as populations."""

from __future__ import annotations

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


def partition(experiment: Experiment) -> list[Shard]:
    """Returns the models of each cell, in the order of the cells."""
    models = tuple(
        ModelKey(length, seed, rate)
        for length in reversed(experiment.lengths)
        for seed in experiment.seed_numbers
        for rate in experiment.learning_rate
    )
    return [Shard(cell, models) for cell in experiment.cells]
