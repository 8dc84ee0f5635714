"""The trajectory of a cell's states through sequences of one length, which diagnostics look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights
from models.kernels.batch_norm import RecurrentBatchNorm
from models.kernels.schedule import Schedule
from models.population.norm import norm

State = tuple[Tensor, ...]
"""The cell's states in their order, (n, H, B) each."""


@dataclass(frozen=True)
class Trajectory:
    """The states and gates of n models of one cell, each on B sequences of its own of T steps.

    A batch-normalised cell uses the statistics of this batch at each step, and keeps them as they
    are in whatever is asked afterwards: what one sequence does to the statistics is left out.
    """

    cell: Cell
    """The cell of all n models."""
    weights: Weights
    """The cell's weights with the leading axis n."""
    inputs: Tensor
    """The input of every step, (T, n, inputs, B)."""
    run: tuple[Sequence[State], RecurrentBatchNorm | None] | None = None
    """The states, and the batch normalisation with its statistics; None computes them."""

    @property
    def steps(self) -> int:
        """The number of time steps T."""
        return len(self.inputs)

    @cached_property
    def states(self) -> Sequence[State]:
        """The states before the first step (zero), and after each: T + 1 of them."""
        return self._run[0]

    @cached_property
    def gates(self) -> dict[str, Tensor]:
        """Every gate of the cell by name, (T, n, H, B) each."""
        of_steps = [
            self.cell_at(t).compute_gates(self.weights, x, state)
            for t, (x, state) in enumerate(zip(self.inputs, self.states[:-1], strict=True))
        ]
        return dict(
            zip(self.cell.gates, map(torch.stack, zip(*of_steps, strict=True)), strict=True)
        )

    @cached_property
    def mean_gates(self) -> dict[str, Tensor]:
        """The mean of every gate over steps and sequences by name, (n, H, 1) each."""
        return {gate: value.mean(dim=(0, -1))[..., None] for gate, value in self.gates.items()}

    def step(self, t: int, state: State) -> State:
        """The states after step t, counted from 0, from any states before it, (n, H, B) each.

        Where the trajectory is of one sequence, B may be any number.
        """
        new: State = self.cell_at(t).step(self.weights, self.inputs[t], state)
        return new

    def cell_at(self, t: int) -> Cell:
        """The cell at step t, from 0, with the statistics of that step if it has ``norm=batch``."""
        batch_norm = self._run[1]
        if batch_norm is None:
            return self.cell
        batch_norm.start(t)
        return self.cell.normalising_with(batch_norm)

    @cached_property
    def hidden_states(self) -> Tensor:
        """h before the first step (zero), and after each, (T + 1, n, H, B)."""
        return torch.stack([state[0] for state in self.states])

    def finite(self, sequences: int | None = None) -> Tensor:
        """Whether all states are finite, along each of the first sequences, (n, B)."""
        by_state = (torch.stack(values) for values in zip(*self.states, strict=True))
        finite = [own[..., :sequences].isfinite().all(dim=2).all(dim=0) for own in by_state]
        return torch.stack(finite).all(dim=0)

    def growth(self, strides: Sequence[range], v: Tensor) -> Tensor:
        """The norms of Jᵀ v for stretches of steps, one after the other, (strides, n, B).

        J is the product of the Jacobians of a stretch; v, (n, k, B), is the whole state, h_t or h_t
        above c_t. What comes out of a stretch goes into the next one with length 1.
        """
        norms = []
        for steps in strides:
            v = self._pull_back(steps, v)
            norms.append(norm(v, dim=1))
            v = v / norms[-1][:, None].clamp(min=torch.finfo(v.dtype).tiny)
        return torch.stack(norms)

    def _pull_back(self, steps: Sequence[int], v: Tensor) -> Tensor:
        """Jᵀ v, (n, k, B)."""
        old = tuple(state.clone().requires_grad_() for state in self.states[steps[0]])
        new: State = old
        with torch.enable_grad():
            for t in steps:
                new = self.step(t, new)
        return pulled_back(new, old, v.split(old[0].shape[1], dim=1))

    def input_gradient(self, direction: Tensor) -> Tensor:
        """∂(direction · h_T)/∂x_t at every step, (T, n, inputs, B); ``direction`` is (n, H)."""
        x = self.inputs.clone().requires_grad_()
        watched, state = replace(self, inputs=x), self.states[0]
        with torch.enable_grad():
            for t in range(self.steps):
                state = watched.step(t, state)
            projected = (direction[..., None] * state[0]).sum()
        (gradient,) = torch.autograd.grad(projected, x)
        return gradient

    def in_double(self, first: int, sequences: int) -> Trajectory:
        """The trajectory of ``sequences`` sequences from number ``first`` on in float64.

        Its states are the same numbers. Derivatives are taken in float64, since that of a float32
        step underflows where its factors, or their squares, do.
        """
        chosen = slice(first, first + sequences)
        states, batch_norm = self._run
        run = [tuple(s[..., chosen].double() for s in state) for state in states], batch_norm
        inputs = self.inputs[..., chosen].detach().double()
        return Trajectory(self.cell, self.weights.double(), inputs, run)

    @cached_property
    def _run(self) -> tuple[Sequence[State], RecurrentBatchNorm | None]:
        if self.run is not None:
            return self.run
        _, models, _, sequences = self.inputs.shape
        batch_norm, cell = None, self.cell
        if self.cell.norm == "batch":
            batch_norm = RecurrentBatchNorm(Schedule((self.steps,) * models))
            batch_norm.statistics = "training"
            cell = cell.normalising_with(batch_norm)
        states: list[State] = [cell.zero_state(self.weights, sequences)]
        with torch.no_grad():
            for t, x in enumerate(self.inputs):
                if batch_norm:
                    batch_norm.start(t)
                states.append(cell.step(self.weights, x, states[-1]))
        if batch_norm:
            batch_norm.finish()
            batch_norm.statistics = "running"
        return states, batch_norm


def pulled_back(new: State, old: State, directions: Sequence[Tensor]) -> Tensor:
    """Jᵀ v for J = ∂new/∂old, the states above each other; ``directions`` are the parts of v.

    Of a sum: where torch is given gradients to begin with, it imports SymPy.
    """
    with torch.enable_grad():
        along = [(one * v).sum() for one, v in zip(new, directions, strict=True)]
        gradients = torch.autograd.grad(torch.stack(along).sum(), old)
    return torch.cat(gradients, dim=1)
