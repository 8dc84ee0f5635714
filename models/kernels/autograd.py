"""The reference: any cell unrolled over time with autograd, for a whole population at once.

It runs on every device and needs no compiler; kernels must agree with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights
from models.kernels.batch_norm import RecurrentBatchNorm, Statistics
from models.kernels.schedule import Schedule


class AutogradUnrolled:
    """The recurrence of S models over batches of B sequences: their cell's step, again and again.

    Sequences are the last axis: a hidden state is (S, H, B). What is kept of every step has the
    rows of the schedule as its first axis.
    """

    def __init__(
        self,
        cell: Cell,
        schedule: Schedule,
        inputs: int,
        hidden: int,
        sequences: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
    ) -> None:
        self.cell, self.schedule = cell, schedule
        self.statistics: Statistics = "batch"
        """The statistics that batch normalisation uses, in a cell that has it."""
        self._rows_of = [
            torch.tensor(schedule.rows_of(model), device=device) for model in range(schedule.models)
        ]
        self._x = torch.zeros(schedule.rows, inputs, sequences, dtype=dtype, device=device)
        self._zeros = torch.zeros(schedule.models, hidden, sequences, dtype=dtype, device=device)
        self._states: list[tuple[Tensor, ...]] = []
        self._gradients: list[list[Tensor]] = []
        self._differentiated = False
        self._batch_norm = RecurrentBatchNorm(schedule) if cell.norm == "batch" else None
        self._cell = cell.normalising_with(self._batch_norm) if self._batch_norm else cell

    def set_inputs(self, model: int, x: Tensor) -> None:
        """Sets the input sequences of one model, (steps, inputs, B)."""
        self._x[self._rows_of[model]] = x

    def inputs(self, model: int) -> Tensor:
        """Returns the input sequences that one model has now, (steps, inputs, B)."""
        return self._x[self._rows_of[model]]

    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        """Runs forward; returns h of the ``last`` steps, (schedule rows, H, B), to differentiate.

        Back-propagation raises RuntimeError where new inputs have been set since, as torch does for
        a tensor that was changed in place.
        """
        self._states, self._gradients, self._differentiated = [], [], False
        hidden = []
        state = tuple(self._zeros[:0] for _ in self.cell.states)
        if self._batch_norm:
            self._batch_norm.statistics = self.statistics
        for step in range(self.schedule.steps):
            state = self._step(step, weights, state)
            self._record(state)
            hidden.append(state[0])
        if self._batch_norm:
            self._batch_norm.finish()
        h = torch.cat(hidden[max(self.schedule.steps - last, 0) :])
        if h.requires_grad:
            h.register_hook(partial(self._start_backward, self._gradients))
        return h

    def state(self, state: str, model: int) -> Tensor:
        """Returns the values of one state of one model, (steps, H, B), without a graph."""
        return self._of_model(self._states, state, model)

    def state_gradient(self, state: str, model: int) -> Tensor:
        """Returns ∂L/∂state_t of one model, (steps, H, B): total, through all later steps.

        L is what was last differentiated with respect to the weights. Raises RuntimeError where
        nothing was since the last ``hidden_states``.
        """
        if not self._differentiated:
            raise RuntimeError(
                "there is no gradient of the states yet: differentiate the loss of the last "
                "hidden_states first"
            )
        return self._of_model(self._gradients, state, model)

    def running_statistics(self) -> dict[str, Tensor]:
        """Returns the running statistics of batch normalisation by name, where there are any."""
        return self._batch_norm.running() if self._batch_norm else {}

    def load_statistics(self, statistics: Mapping[str, Tensor]) -> None:
        """Restores what ``running_statistics`` returned for the same models."""
        if self._batch_norm:
            self._batch_norm.load_state(statistics)

    def copy_statistics(self, other: AutogradUnrolled) -> None:
        """Takes the running statistics of the same models, trained at other lengths."""
        if self._batch_norm and other._batch_norm:
            self._batch_norm.copy_from(other._batch_norm)

    def _step(self, step: int, weights: Weights, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        start, active = self.schedule.starts[step], self.schedule.active[step]
        if self.schedule.cut(step):
            state = tuple(values.detach() for values in state)
        joining = self._zeros[len(state[0]) : active]
        state = tuple(torch.cat([values, joining]) for values in state)
        if self._batch_norm:
            self._batch_norm.start(step)
        x = self._x[start : start + active]
        new: tuple[Tensor, ...] = self._cell.step(_first(weights, active), x, state)
        return new

    def _record(self, state: tuple[Tensor, ...]) -> None:
        """Keeps a step's state, and its gradient once that is known: zero where none comes."""
        gradients = [torch.zeros_like(values) for values in state]
        self._states.append(tuple(values.detach() for values in state))
        self._gradients.append(gradients)
        for values, gradient in zip(state, gradients, strict=True):
            if values.requires_grad:
                values.register_hook(partial(_copy_into, gradient))

    def _start_backward(self, gradients: list[list[Tensor]], _: Tensor) -> None:
        """Clears what an earlier differentiation of the same forward pass has left."""
        for step in gradients:
            for gradient in step:
                gradient.zero_()
        if gradients is self._gradients:
            self._differentiated = True

    def _of_model(self, steps: Sequence[Sequence[Tensor]], state: str, model: int) -> Tensor:
        """Returns what is kept of one state of one model at its steps, (steps, H, B)."""
        place = self.cell.states.index(state)
        first = self.schedule.steps - self.schedule.lengths[model]
        return torch.stack([step[place][model] for step in steps[first:]])


def _copy_into(kept: Tensor, gradient: Tensor) -> None:
    kept.copy_(gradient)  # a hook that returned it would replace the gradient


def _first(weights: Weights, models: int) -> Weights:
    return Weights(**{name: w[:models] for name, w in weights.named().items()})
