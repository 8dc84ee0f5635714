"""How fast this machine is: measured at the start, corrected by what runs have taken since then."""

from __future__ import annotations

from statistics import median

from dashboard.scheduling.run_queue import pace, seconds_trained
from models.experiment.cost import REFERENCE, Speed, estimate
from models.store.run import Run

LAST = 5
"""How many runs count: those that trained last."""
SHORTEST_SECONDS = 5.0
"""A run that trained for less says little: its process had to start."""
MOST = 4.0
"""No correction is more, in either direction: a machine that slept is not slow."""


class MachineSpeed:
    """What else the machine has to do shows in how long runs take, not in a short measurement."""

    def __init__(self) -> None:
        self._measured = REFERENCE
        self._ratios: tuple[float, ...] = ()

    @property
    def now(self) -> Speed:
        """The speed at which the last runs took as long as estimated, in the median."""
        if not self._ratios:
            return self._measured
        return self._measured.slowed(min(max(median(self._ratios), 1 / MOST), MOST))

    def measured(self, speed: Speed) -> None:
        """The machine's speed has been measured; what was learned from runs no longer counts."""
        self._measured, self._ratios = speed, ()

    def learn(self, run: Run) -> None:
        """A run has trained here, to its end or as far as it came."""
        if run.finished is None or run.narrows or seconds_trained(run) < SHORTEST_SECONDS:
            return
        if (seconds_a_step := pace(run)) is not None:
            whole = seconds_a_step * (run.total_steps - run.inherited_steps)
            expected = estimate(run.experiment, self._measured, earlier=run.earlier).seconds
            self._ratios = (*self._ratios, whole / expected)[-LAST:]
