"""From an experiment to the wall time and the memory of its training, and both in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.experiment import Experiment
from models.experiment.cost.coefficients import (
    ARITHMETIC_PROBE,
    MEMORY,
    OVERHEAD_PROBE,
    STARTING,
)
from models.experiment.cost.work import MICRO, PopulationWork, Work
from models.experiment.partition import partition
from models.settings.machine import cores

MEGABYTE = 1e6
"""The bytes of a megabyte."""
UNITS = (("days", 86400), ("h", 3600), ("min", 60))
"""Units of time in seconds; a time is given in the largest of which it is two or more."""


@dataclass(frozen=True)
class Speed:
    """How many times as fast a machine is as the one of the coefficients; 2 halves the time."""

    overhead: float = 1.0
    """The speed of calls: of what takes about as long however small the arrays are."""
    arithmetic: float = 1.0
    """The speed of floating-point operations on one core."""

    @classmethod
    def from_answer(cls, answer: Mapping[str, float]) -> Speed:
        """The speed by the answer to the question ``models.service.questions.speed``."""
        return cls(
            overhead=OVERHEAD_PROBE / answer["overhead_seconds"],
            arithmetic=ARITHMETIC_PROBE / answer["arithmetic_seconds"],
        )


REFERENCE = Speed()
"""The speed of the machine on which the coefficients were measured."""


@dataclass(frozen=True)
class Cost:
    """The cost of a training from its start to its last snapshot, on the CPU."""

    seconds: float
    """The wall time, from a process that has imported torch."""
    megabytes: float
    """The peak memory of the trainer with all its processes, 10⁶ bytes; without the dashboard."""


@lru_cache(maxsize=512)
def estimate(experiment: Experiment, speed: Speed = REFERENCE, threads: int | None = None) -> Cost:
    """The cost of ``models.training.train.train``; by default it has one thread for each core.

    It is right within about a quarter (``tests.benchmarks.cost`` measures it). A cell that was
    never measured counts like the costliest of those that were.
    """
    populations = [PopulationWork(experiment, shard) for shard in partition(experiment)]
    return Cost(
        seconds=_seconds(populations, speed) / (threads or cores()),
        megabytes=(MEMORY.trainer + _bytes(populations)) / MEGABYTE,
    )


def _seconds(populations: Sequence[PopulationWork], speed: Speed) -> float:
    """The wall time of one process, whose populations take turns."""
    start = Work(overhead=STARTING * MICRO)
    work = sum((population.training() for population in populations), start)
    return work.overhead / speed.overhead + work.arithmetic / speed.arithmetic


def _bytes(populations: Sequence[PopulationWork]) -> float:
    """What one process adds to the trainer's memory."""
    held = sum(population.held() for population in populations)
    return MEMORY.process + held + max(population.passing() for population in populations)


def in_words(cost: Cost) -> str:
    """A cost in words: "about 40 s, 600 MB"."""
    return f"about {duration(cost.seconds)}, {size(cost.megabytes)}"


def duration(seconds: float) -> str:
    """A time in two significant digits, more than an estimate has: "3 h", "2.5 min"."""
    for unit, length in UNITS:
        if _rounded(seconds / length) >= 2:
            return f"{_rounded(seconds / length):g} {unit}"
    return f"{_rounded(seconds):g} s" if seconds >= 1 else "1 s"


def size(megabytes: float) -> str:
    """A size in two significant digits: "600 MB", "1.2 GB"."""
    if _rounded(megabytes) >= 1000:
        return f"{_rounded(megabytes / 1000):g} GB"
    return f"{_rounded(megabytes):g} MB"


def _rounded(number: float) -> float:
    return float(f"{number:.2g}")
