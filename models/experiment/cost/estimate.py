"""From an experiment to the wall time and the memory of its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.experiment import Experiment
from models.experiment.cost.coefficients import MEMORY, STARTING
from models.experiment.cost.speed import REFERENCE, Speed
from models.experiment.cost.work import MICRO, PopulationWork, Work
from models.experiment.partition import partition
from models.settings.machine import cores

MEGABYTE = 1e6


@dataclass(frozen=True)
class Cost:
    """Of a training from its start to its last snapshot, on the CPU."""

    seconds: float
    """Wall time, from a process that has imported torch."""
    megabytes: float
    """Peak memory of the trainer with all its processes, 10⁶ bytes; without the dashboard."""


@lru_cache(maxsize=512)
def estimate(
    experiment: Experiment, speed: Speed = REFERENCE, processes: int | None = None
) -> Cost:
    """What ``models.training.train.train`` will cost; ``processes`` as there, one for each core.

    Known to about a quarter (``tests.benchmarks.cost`` measures it). A cell that was never
    measured counts like the costliest of those that were.
    """
    shares = partition(experiment, processes or cores())
    populations = [[PopulationWork(experiment, part) for part in share] for share in shares]
    return Cost(
        seconds=max(_seconds(share, speed) for share in populations),
        megabytes=(MEMORY.trainer + sum(map(_bytes, populations))) / MEGABYTE,
    )


def _seconds(share: Sequence[PopulationWork], speed: Speed) -> float:
    """Of one process, whose populations take turns."""
    start = Work(overhead=STARTING * MICRO)
    work = sum((population.training() for population in share), start)
    return work.overhead / speed.overhead + work.arithmetic / speed.arithmetic


def _bytes(share: Sequence[PopulationWork]) -> float:
    """What one process adds to the trainer's memory."""
    held = sum(population.held() for population in share)
    return MEMORY.process + held + max(population.passing() for population in share)
