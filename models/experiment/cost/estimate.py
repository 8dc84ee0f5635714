"""From an experiment to the wall time and the memory of its training, and both in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from models.experiment import Experiment
from models.experiment.cost import memory
from models.experiment.cost.coefficients import MEMORY
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.speed import REFERENCE, Speed
from models.experiment.cost.work import PopulationWork, starting
from models.experiment.partition import starting_steps
from models.settings.machine import cores

MEGABYTE = 1e6
"""The bytes of a megabyte."""
UNITS = (("days", 86400), ("h", 3600), ("min", 60))
"""Units of time in seconds; a time is given in the largest of which it is two or more."""


@dataclass(frozen=True)
class Cost:
    """The cost of a training from its start to its last snapshot, on the CPU."""

    seconds: float
    """The wall time, from a process that has imported torch."""
    megabytes: float
    """The peak memory of the trainer and the warm process it is forked from, 10⁶ bytes."""


@lru_cache(maxsize=512)
def estimate(
    experiment: Experiment,
    speed: Speed = REFERENCE,
    threads: int | None = None,
    earlier: tuple[Experiment, ...] = (),
) -> Cost:
    """The cost of ``models.training.train.train``; by default it has one thread for each core.

    ``earlier`` are the experiments that it extends, see ``partition``: what is trained already
    costs nothing. It is right within about a quarter (``tests.benchmarks.cost`` measures it). A
    cell that was never measured counts like the costliest of those that were.
    """
    count = threads or cores()
    # The populations take turns: one computes while all of them keep what they hold.
    populations = [
        (PopulationSizes(experiment, shard), done)
        for shard, done in starting_steps(experiment, earlier).items()
        if done != experiment.steps
    ]
    works = (PopulationWork(sizes, count).training(done) for sizes, done in populations)
    held = sum(memory.held(sizes, count) for sizes, _ in populations)
    passing = max((memory.passing(sizes, count) for sizes, _ in populations), default=0.0)
    return Cost(
        seconds=sum(works, starting(len(populations))).seconds(speed),
        megabytes=(MEMORY.warm + MEMORY.process + held + passing) / MEGABYTE,
    )


def in_words(cost: Cost) -> str:
    """A cost in words: "about 40 s, 600 MB"."""
    return f"about {duration(cost.seconds)}, {size(cost.megabytes)}"


def duration(seconds: float) -> str:
    """A time in two significant digits, more than an estimate has: "3 h", "2.5 min"."""
    for unit, length in UNITS:
        if _rounded(seconds / length) >= 2:
            return f"{_rounded(seconds / length):,.10g} {unit}"
    return f"{_rounded(seconds):g} s" if seconds >= 1 else "1 s"


def size(megabytes: float) -> str:
    """A size in two significant digits: "600 MB", "1.2 GB"."""
    if _rounded(megabytes) >= 1000:
        return f"{_rounded(megabytes / 1000):,.10g} GB"
    return f"{_rounded(megabytes):g} MB"


def _rounded(number: float) -> float:
    return float(f"{number:.2g}")
