"""The cost of an experiment before it starts: wall time, memory, and what to lower if too high."""

from __future__ import annotations

from models.experiment.cost.estimate import Cost, duration, estimate, in_words
from models.experiment.cost.limits import LOWER, Limits, objection
from models.experiment.cost.speed import REFERENCE, Speed

__all__ = [
    "LOWER",
    "REFERENCE",
    "Cost",
    "Limits",
    "Speed",
    "duration",
    "estimate",
    "in_words",
    "objection",
]
