"""Any cell, unrolled step by step with autograd: slower than a kernel, and written once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights
from models.kernels.batch_norm import RecurrentBatchNorm
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
        super().__init__(cell, schedule, device)
        self._x = torch.zeros(schedule.rows, inputs, sequences, dtype=dtype, device=device)
        self._start = torch.zeros(schedule.models, hidden, sequences, dtype=dtype, device=device)
        self._states: list[tuple[Tensor, ...]] = []
        self._gradients: list[list[Tensor]] = []
        self._batch_norm = RecurrentBatchNorm(schedule) if cell.norm == "batch" else None
        self._cell = cell.normalising_with(self._batch_norm) if self._batch_norm else cell

    def set_inputs(self, model: int, x: Tensor) -> None:
        self._x[self._rows_of[model]] = x

    def inputs(self, model: int) -> Tensor:
        return self._x[self._rows_of[model]]

    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        self._states, self._gradients, self._differentiated = [], [], False
        hidden = []
        state = tuple(self._start[:0] for _ in self.cell.states)
        if self._batch_norm:
            self._batch_norm.statistics = self.statistics
        for step in range(self.schedule.steps):
            state = self._step(step, weights, state)
            self._watch(state)
            hidden.append(state[0])
        if self._batch_norm:
            self._batch_norm.finish()
        h = torch.cat(hidden[max(self.schedule.steps - last, 0) :])
        if h.requires_grad:
            h.register_hook(partial(self._start_backward, self._gradients))
        return h

    def state(self, state: str, model: int) -> Tensor:
        return self._of_model([states[self._place(state)] for states in self._states], model)

    def _state_gradient(self, state: str, model: int) -> Tensor:
        return self._of_model([states[self._place(state)] for states in self._gradients], model)

    def running_statistics(self) -> dict[str, Tensor]:
        return self._batch_norm.running() if self._batch_norm else {}

    def load_state(self, statistics: Mapping[str, Tensor]) -> None:
        if self._batch_norm:
            self._batch_norm.load_state(statistics)

    def copy_statistics(self, other: Unrolled) -> None:
        if isinstance(other, AutogradUnrolled) and self._batch_norm and other._batch_norm:
            self._batch_norm.copy_from(other._batch_norm)

    def _step(self, step: int, weights: Weights, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        start, active = self.schedule.starts[step], self.schedule.active[step]
        if self.schedule.cut(step):
            state = tuple(part.detach() for part in state)
        joining = self._start[len(state[0]) : active]
        state = tuple(torch.cat([part, joining]) for part in state)
        if self._batch_norm:
            self._batch_norm.start(step)
        x = self._x[start : start + active]
        new: tuple[Tensor, ...] = self._cell.step(_first(weights, active), x, state)
        return new

    def _watch(self, state: tuple[Tensor, ...]) -> None:
        """Keeps a step's states, and their gradient once it is known; zero if there is none."""
        gradients = [torch.zeros_like(part) for part in state]
        self._states.append(tuple(part.detach() for part in state))
        self._gradients.append(gradients)
        for part, gradient in zip(state, gradients, strict=True):
            if part.requires_grad:
                part.register_hook(partial(_keep, gradient))

    def _start_backward(self, gradients: list[list[Tensor]], _: Tensor) -> None:
        """Forgets what an earlier differentiation of the same forward pass left there."""
        for of_step in gradients:
            for gradient in of_step:
                gradient.zero_()
        if gradients is self._gradients:
            self._differentiated = True

    def _place(self, state: str) -> int:
        return self.cell.states.index(state)

    def _of_model(self, steps: list[Tensor], model: int) -> Tensor:
        first = self.schedule.steps - self.schedule.lengths[model]
        return torch.stack([step[model] for step in steps[first:]])


def _keep(kept: Tensor, gradient: Tensor) -> None:
    kept.copy_(gradient)


def _first(weights: Weights, models: int) -> Weights:
    return Weights(**{name: w[:models] for name, w in weights.named().items()})
