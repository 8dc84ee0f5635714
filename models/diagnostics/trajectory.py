"""The way of a cell's state through sequences of one length: what the diagnostics look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights
from models.cells.normalisation import NORMALISE, Normalise
from models.kernels.batch_norm import RecurrentBatchNorm
from models.kernels.schedule import Schedule

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
    run: tuple[Sequence[State], Normalise] | None = None
    """The states and the normalisation with its statistics, where these are known already."""

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

    def step(self, t: int, state: State) -> State:
        """The cell's step number t, from 0, from any state.

        ``state`` may have any number of columns where the trajectory is of one sequence.
        """
        return self.cell.step(self.weights, self.inputs[t], state, self.normalise(t))

    def normalise(self, t: int) -> Normalise:
        """What the cell's step number t, from 0, normalises with."""
        normalise = self._run[1]
        if isinstance(normalise, RecurrentBatchNorm):
            normalise.start(t)
        return normalise

    def in_double(self, first: int, sequences: int) -> Trajectory:
        """Some of the sequences in float64, to take derivatives of: their states are the same.

        The derivative of a float32 step underflows where its factors, or their squares, do.
        """
        chosen = slice(first, first + sequences)
        states, normalise = self._run
        run = [tuple(s[..., chosen].double() for s in state) for state in states], normalise
        inputs = self.inputs[..., chosen].detach().double()
        return Trajectory(self.cell, self.weights.double(), inputs, run)

    @cached_property
    def _run(self) -> tuple[Sequence[State], Normalise]:
        if self.run is not None:
            return self.run
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
