"""Any cell, unrolled step by step with autograd: slower than a kernel, and written once."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights
from models.kernels.kernel import Unrolled
from models.kernels.schedule import Schedule


class AutogradUnrolled(Unrolled):
    """The cell's readable step, applied to the whole population at every time step."""

    def __init__(
        self,
        cell: Cell,
        schedule: Schedule,
        inputs: int,
        hidden: int,
        sequences: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        super().__init__(schedule, device)
        self.cell = cell
        self._x = torch.zeros(schedule.rows, inputs, sequences, dtype=dtype, device=device)
        self._start = torch.zeros(schedule.models, hidden, sequences, dtype=dtype, device=device)
        self._gradients: list[list[Tensor]] = []

    def set_inputs(self, model: int, x: Tensor) -> None:
        self._x[self._rows_of[model]] = x

    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        self._gradients = []
        hidden = []
        state = tuple(self._start[:0] for _ in self.cell.states)
        for start, active in zip(self.schedule.starts, self.schedule.active, strict=False):
            joining = self._start[len(state[0]) : active]
            state = tuple(torch.cat([part, joining]) for part in state)
            state = self.cell.step(_first(weights, active), self._x[start : start + active], state)
            self._watch(state)
            hidden.append(state[0])
        return torch.cat(hidden[max(self.schedule.steps - last, 0) :])

    def state_gradient(self, state: str, model: int) -> Tensor:
        which = self.cell.states.index(state)
        first = self.schedule.steps - self.schedule.lengths[model]
        return torch.stack([gradients[which][model] for gradients in self._gradients[first:]])

    def _watch(self, state: tuple[Tensor, ...]) -> None:
        """Keeps the gradient of a step's states once it is known; zero if there is none."""
        gradients = [torch.zeros_like(part) for part in state]
        self._gradients.append(gradients)
        for part, gradient in zip(state, gradients, strict=True):
            if part.requires_grad:
                part.register_hook(partial(_keep, gradient))


def _keep(kept: Tensor, gradient: Tensor) -> None:
    kept.copy_(gradient)


def _first(weights: Weights, models: int) -> Weights:
    given = {name: w[:models] for name, w in weights.given().items()}
    return Weights(**given)
