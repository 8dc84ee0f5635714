"""The way of a cell's state through sequences of one length: what the diagnostics look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights
from models.cells.normalisation import NORMALISE, Normalise
from models.kernels.batch_norm import RecurrentBatchNorm
from models.kernels.schedule import Schedule
from models.population.population import Population

State = tuple[Tensor, ...]
"""Each of the cell's states, (n, H, B)."""


@dataclass(frozen=True)
class Trajectory:
    """n models of one cell, each on its own B sequences, all of T steps.

    A batch-normalised cell uses the statistics of this batch at each step, and keeps them as they
    are in whatever is asked afterwards: what one sequence does to the statistics is left out.
    """

    cell: Cell
    weights: Weights
    """With the leading axis n."""
    inputs: Tensor
    """(T, n, inputs, B)."""

    @property
    def steps(self) -> int:
        """T."""
        return len(self.inputs)

    @cached_property
    def states(self) -> Sequence[State]:
        """The states before the first step (zero), and after each: T + 1 of them."""
        return self._run[0]

    @cached_property
    def gates(self) -> dict[str, Tensor]:
        """Every gate of the cell at every step, (T, n, H, B)."""
        opened = [
            self.cell.open_gates(self.weights, x, state, self.normalise(t))
            for t, (x, state) in enumerate(zip(self.inputs, self.states[:-1], strict=True))
        ]
        return dict(zip(self.cell.gates, map(torch.stack, zip(*opened, strict=True)), strict=True))

    @cached_property
    def mean_gates(self) -> dict[str, Tensor]:
        """Each unit's mean of every gate over steps and sequences, (n, H, 1)."""
        return {gate: value.mean(dim=(0, -1))[..., None] for gate, value in self.gates.items()}

    def step(self, t: int, state: State, sequence: int | None = None) -> State:
        """The cell's step number t, from 0, of all sequences or of one, from any state.

        ``state`` may have any number of columns where it is one sequence's.
        """
        x = self.inputs[t] if sequence is None else self.inputs[t][..., sequence, None]
        return self.cell.step(self.weights, x, state, self.normalise(t))

    def normalise(self, t: int) -> Normalise:
        """What the cell's step number t, from 0, normalises with."""
        normalise = self._run[1]
        if isinstance(normalise, RecurrentBatchNorm):
            normalise.start(t)
        return normalise

    @cached_property
    def _run(self) -> tuple[Sequence[State], Normalise]:
        _, models, _, sequences = self.inputs.shape
        hidden = self.weights.W_h.shape[-1]
        batch_norm = None
        if self.cell.norm == "batch":
            batch_norm = RecurrentBatchNorm(Schedule((self.steps,) * models))
            batch_norm.statistics = "training"
        normalise = batch_norm or NORMALISE[self.cell.norm]
        zero = self.inputs.new_zeros(models, hidden, sequences)
        states = [tuple(zero for _ in self.cell.states)]
        with torch.no_grad():
            for t, x in enumerate(self.inputs):
                if batch_norm:
                    batch_norm.start(t)
                states.append(self.cell.step(self.weights, x, states[-1], normalise))
        if batch_norm:
            batch_norm.finish()
            batch_norm.statistics = "running"
        return states, normalise


def trajectories(population: Population) -> Iterator[tuple[list[int], Trajectory]]:
    """For each number of steps, the models in order, on the batches that they have now.

    One at a time, since a trajectory that was looked at holds every state and gate.
    """
    weights = population.weights()[0].given()
    lengths = population.schedule.lengths
    for steps in dict.fromkeys(lengths):
        models = [model for model, length in enumerate(lengths) if length == steps]
        own = Weights(**{name: w[models].detach() for name, w in weights.items()})
        inputs = torch.stack([population.recurrence.inputs(model) for model in models], dim=1)
        yield models, Trajectory(population.cell, own, inputs)
