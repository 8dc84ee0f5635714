"""Who trains what: an experiment's models as populations, shared out between processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from models.experiment import Experiment
from models.tasks import make_task

LOPSIDED = 1.3
"""How far above the mean share the largest may lie before cells are split."""


@dataclass(frozen=True)
class ModelKey:
    """What tells one model of a cell from another."""

    length: int
    seed: int
    learning_rate: float


@dataclass(frozen=True)
class Shard:
    """Models of one cell, longest first, that train as one population."""

    cell: str
    models: tuple[ModelKey, ...]

    def __str__(self) -> str:
        """Its name in a run; no other part of the cell begins with the same model."""
        first = self.models[0]
        return (
            f"{self.cell} length={first.length} seed={first.seed} "
            f"learning_rate={first.learning_rate!r}"
        )


def partition(experiment: Experiment, processes: int) -> list[list[Shard]]:
    """The experiment's populations for at most ``processes`` processes, about equally costly.

    A cell's models stay together where that is fair enough: larger populations are faster.
    """
    whole = [Shard(cell, _models(experiment)) for cell in experiment.cells]
    cost = partial(_cost, experiment, experiment.hidden_sizes())
    shares = _distribute(whole, processes, cost)
    costs = [sum(cost(part) for part in share) for share in shares]
    if max(costs) <= LOPSIDED * sum(costs) / processes:
        return shares
    split = [
        Shard(part.cell, models)
        for part in whole
        for first in range(processes)
        if (models := part.models[first::processes])
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
    parts: Sequence[Shard], processes: int, cost: Callable[[Shard], float]
) -> list[list[Shard]]:
    """The costliest first, each to the process that has least to do."""
    shares: list[list[Shard]] = [[] for _ in range(processes)]
    load = [0.0] * processes
    for part in sorted(parts, key=lambda part: -cost(part)):
        least = load.index(min(load))
        shares[least].append(part)
        load[least] += cost(part)
    return [share for share in shares if share]


def _cost(experiment: Experiment, hidden_sizes: Mapping[str, int], part: Shard) -> float:
    """About proportional to the time of one optimiser step."""
    task = make_task(experiment.task)
    steps = sum(task.steps(model.length) for model in part.models)
    return steps * experiment.parameter_count(part.cell, hidden_sizes[part.cell])
