"""A population through the cell's readable step with autograd, all models at once: any device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor

from models.cells.cell import Cell
from models.kernels.autograd import AutogradUnrolled
from models.kernels.batch_norm import Statistics
from models.kernels.schedule import Schedule
from models.population.population import DrawBatch, Look, Population
from models.tasks.task import Task


class ReadablePopulation(Population):
    """See ``Population``. The reference: for tests, a GPU, and where nothing can be compiled."""

    def __init__(
        self,
        cell: Cell,
        task: Task,
        lengths: Sequence[int],
        hidden: int,
        sequences: int,
        parameters: Tensor,
        truncate: int = 0,
    ) -> None:
        super().__init__(cell, task, lengths, hidden, sequences, parameters, truncate)
        schedule, device = Schedule(self.steps, truncate), parameters.device
        self._recurrence = AutogradUnrolled(
            cell, schedule, task.inputs, hidden, sequences, parameters.dtype, device
        )
        # The recurrence hands out the last steps of all models, step after step.
        self._read = max(self._targeted)
        first = schedule.tail(self._read)
        rows = [
            row - first
            for model, count in enumerate(self._targeted)
            for row in schedule.rows_of(model)[-count:]
        ]
        self._read_rows = torch.tensor(rows, device=device)
        self._last_share = self._shares([1] * len(self.lengths))

    def set_inputs(self, model: int, x: np.ndarray) -> None:
        self._recurrence.set_inputs(model, torch.from_numpy(x).to(self.parameters))

    def inputs(self, model: int) -> Tensor:
        return self._recurrence.inputs(model)

    def _forward(self, statistics: Statistics) -> Tensor:
        weights, (V, b) = self.weights()
        self._recurrence.statistics = statistics
        h = self._recurrence.hidden_states(weights, self._read)[self._read_rows]
        return V[self._model_of_row] @ h + b[self._model_of_row]

    def _differentiate(
        self,
        statistics: Statistics,
        last_step_only: bool,
        draw: DrawBatch | None,
        look: Look | None,
        models: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        if draw:
            for model in models:
                self.set_batch(model, draw(model))
        with torch.enable_grad():
            outputs = self._forward(statistics)
            share = self._last_share if last_step_only else self._loss_share
            loss = (self._losses(outputs) * share).sum()
        (gradient,) = torch.autograd.grad(loss, self.parameters)
        if look:
            for model in models:
                look(model, _Pass(self._recurrence, model, gradient[model]))
        return outputs.detach(), gradient

    def running_statistics(self) -> dict[str, Tensor]:
        return self._recurrence.running_statistics()

    def load_statistics(self, statistics: Mapping[str, Tensor]) -> None:
        self._recurrence.load_statistics(statistics)

    def copy_statistics(self, other: Self) -> None:
        self._recurrence.copy_statistics(other._recurrence)


class _Pass:
    """See ``models.population.population.Pass``."""

    def __init__(self, recurrence: AutogradUnrolled, model: int, gradient: Tensor) -> None:
        self._recurrence, self._model, self.gradient = recurrence, model, gradient

    def state(self, state: str) -> Tensor:
        return self._recurrence.state(state, self._model)

    def state_gradient(self, state: str) -> Tensor:
        return self._recurrence.state_gradient(state, self._model)
