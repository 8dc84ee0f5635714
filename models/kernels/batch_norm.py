"""Batch normalisation inside a recurrence, with running statistics of each time step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from torch import Tensor

from models.cells.normalisation import scaled
from models.kernels.schedule import Schedule

MOMENTUM = 0.1
"""The share of a new batch in the running statistics."""

KINDS = ("mean", "variance")
"""The two statistics; their names are those of a site in the cell, followed by the kind."""

Statistics = Literal["batch", "training", "running"]
"""Which statistics normalise: the batch's own with "batch" and "training", which also updates the
running ones, and the running ones with "running"."""


class RecurrentBatchNorm:
    """Recurrent batch normalisation (Cooijmans et al. 2016, section 3.2).

    Statistics are over the sequences of a batch, for each model, time step and feature by itself:
    the first steps of a recurrence are nothing like the later ones. Before the first batch of
    training, a batch's own statistics stand in for the running ones. A step beyond the longest
    trained one takes the statistics of that.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.statistics: Statistics = "batch"
        self._running: dict[str, Tensor] = {}
        self._trained = False
        self._step = 0

    def start(self, step: int) -> None:
        """Begins a time step: what is normalised next belongs to it."""
        self._step = step

    def finish(self) -> None:
        """Ends a forward pass of one batch."""
        self._trained |= self.statistics == "training"

    def running(self) -> dict[str, Tensor]:
        """Returns the running statistics by name, (schedule rows, features, 1) each, if any."""
        return dict(self._running)

    def load_state(self, running: Mapping[str, Tensor]) -> None:
        """Restores what ``running`` returned for the same models."""
        self._running = dict(running)
        self._trained = bool(running)

    def copy_from(self, other: RecurrentBatchNorm) -> None:
        """Takes the running statistics of the same models, trained at other lengths."""
        rows = self._rows_in(other.schedule)
        self._running = {name: values[rows] for name, values in other._running.items()}
        self._trained = other._trained

    def __call__(self, site: str, a: Tensor, gamma: Tensor, beta: Tensor | None = None) -> Tensor:
        """Normalises at this step, as ``models.cells.normalisation.Normalise`` says."""
        first = self.schedule.starts[self._step]
        rows = slice(first, first + len(a))
        if self.statistics == "running" and self._trained:
            mean, variance = (self._running[f"{site} {kind}"][rows] for kind in KINDS)
        else:
            mean = a.mean(-1, keepdim=True)
            variance = a.var(-1, correction=0, keepdim=True)
            if self.statistics == "training":
                self._update(site, rows, mean.detach(), variance.detach())
        return scaled(a, mean, variance, gamma, beta)

    def _update(self, site: str, rows: slice, mean: Tensor, variance: Tensor) -> None:
        share = MOMENTUM if self._trained else 1.0
        for kind, new in zip(KINDS, (mean, variance), strict=True):
            name = f"{site} {kind}"
            if name not in self._running:
                self._running[name] = new.new_zeros(self.schedule.rows, new.shape[1], 1)
            self._running[name][rows].lerp_(new, share)

    def _rows_in(self, trained: Schedule) -> list[int]:
        """Returns for each row that of the same model and step in ``trained``, or of its last."""
        rows = [0] * self.schedule.rows
        for model in range(self.schedule.models):
            known = trained.rows_of(model)
            for t, row in enumerate(self.schedule.rows_of(model)):
                rows[row] = known[min(t, len(known) - 1)]
        return rows
