"""The models of an experiment in shards, which train as populations, by process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from models.experiment import Experiment
from models.tasks import make_task

MAX_IMBALANCE = 1.3
"""The cells are split where one process would get more than so many times the mean cost."""


@dataclass(frozen=True)
class ModelKey:
    """The settings that tell one model of a cell from another."""

    length: int
    """The sequence length that it is trained at."""
    seed: int
    """The seed of its parameters and sequences."""
    learning_rate: float
    """The learning rate of Adam."""


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


def partition(experiment: Experiment, processes: int) -> list[list[Shard]]:
    """The shards of each of at most ``processes`` processes, which cost about the same.

    A cell's models stay in one shard where the imbalance allows: larger populations are faster.
    """
    whole = [Shard(cell, _models(experiment)) for cell in experiment.cells]
    cost = partial(_cost, experiment, experiment.hidden_sizes())
    distributed = _distribute(whole, processes, cost)
    costs = [sum(map(cost, own)) for own in distributed]
    if max(costs) <= MAX_IMBALANCE * sum(costs) / processes:
        return distributed
    split = [
        Shard(shard.cell, models)
        for shard in whole
        for first in range(processes)
        if (models := shard.models[first::processes])
    ]
    return _distribute(split, processes, cost)


def _models(experiment: Experiment) -> tuple[ModelKey, ...]:
    return tuple(
        ModelKey(length, seed, rate)
        for length in reversed(experiment.lengths)
        for seed in experiment.seed_numbers
        for rate in experiment.learning_rate
    )


def _distribute(
    shards: Sequence[Shard], processes: int, cost: Callable[[Shard], float]
) -> list[list[Shard]]:
    """The shards of each process: the costliest first, each to the one that has least to do."""
    distributed: list[list[Shard]] = [[] for _ in range(processes)]
    load = [0.0] * processes
    for shard in sorted(shards, key=lambda shard: -cost(shard)):
        least = load.index(min(load))
        distributed[least].append(shard)
        load[least] += cost(shard)
    return [own for own in distributed if own]


def _cost(experiment: Experiment, hidden_sizes: Mapping[str, int], shard: Shard) -> float:
    """A number about proportional to the time of an optimiser step of the shard."""
    task = make_task(experiment.task)
    steps = sum(task.steps(model.length) for model in shard.models)
    return steps * experiment.parameter_count(shard.cell, hidden_sizes[shard.cell])
