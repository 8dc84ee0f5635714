"""How fast a machine is against the one on which the coefficients were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.experiment.cost.coefficients import ARITHMETIC_PROBE, OVERHEAD_PROBE


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

    def slowed(self, factor: float) -> Speed:
        """The speed at which everything takes so many times as long."""
        return Speed(self.overhead / factor, self.arithmetic / factor)


REFERENCE = Speed()
"""The speed of the machine on which the coefficients were measured."""
