"""What an experiment will cost before it starts: wall time and memory, and what to do about it."""

from __future__ import annotations

from models.experiment.cost.estimate import Cost, estimate
from models.experiment.cost.limits import Limits, objection
from models.experiment.cost.speed import REFERENCE, Speed
from models.experiment.cost.words import in_words

__all__ = ["REFERENCE", "Cost", "Limits", "Speed", "estimate", "in_words", "objection"]
