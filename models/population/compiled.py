"""A population on the CPU: one model at a time through its compiled kernel, in several threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from models.cells.cell import Cell
from models.kernels.batch_norm import KINDS, MOMENTUM, Statistics
from models.kernels.gru import GRUKernel
from models.kernels.kernel import Arrays, Kernel, Sizes
from models.kernels.lstm import LSTMKernel
from models.kernels.readout import LOSS_BACKWARD, read_out, read_out_backward
from models.kernels.rnn import RNNKernel
from models.kernels.threads import Threads
from models.population.population import DrawBatch, Look, Population
from models.tasks.task import Task

KERNELS: dict[str, type[Kernel]] = {"rnn": RNNKernel, "lstm": LSTMKernel, "gru": GRUKernel}


class Thread(NamedTuple):
    """What a thread needs to take a model there and back."""

    kernel: Kernel
    """The kernel with its buffers."""
    doutputs: np.ndarray
    """∂L/∂outputs, (target steps, outputs, B)."""
    read: np.ndarray
    """∂L/∂h where the readout reads it, (target steps, H, B)."""


class CompiledPopulation(Population):
    """See ``Population``. Buffers are those of one model for each thread, however many models."""

    def __init__(
        self,
        cell: Cell,
        task: Task,
        lengths: Sequence[int],
        hidden: int,
        sequences: int,
        parameters: Tensor,
        truncate: int = 0,
        threads: Threads | None = None,
    ) -> None:
        super().__init__(cell, task, lengths, hidden, sequences, parameters, truncate)
        self.threads = threads or Threads(1)
        self._sizes = Sizes(
            max(self.steps), task.inputs, hidden, sequences, parameters.detach().numpy().dtype
        )
        self._gradient = torch.zeros_like(parameters, requires_grad=False)
        self._weights = self._arrays(parameters.detach())
        self._gradients = self._arrays(self._gradient)
        self._x = [self._sizes.zeros(steps, task.inputs, sequences) for steps in self.steps]
        self._outputs = self._sizes.zeros(len(self._targets), task.outputs, sequences)
        ends = list(accumulate(self.steps, initial=0))
        self._time_rows = [slice(*both) for both in pairwise(ends)]
        self._running: dict[str, np.ndarray] = {}
        self._has_trained = False

    def set_inputs(self, model: int, x: np.ndarray) -> None:
        self._x[model] = np.ascontiguousarray(x, self._sizes.dtype)

    def inputs(self, model: int) -> Tensor:
        return torch.from_numpy(self._x[model])

    def run_forward(self, model: int) -> tuple[Kernel, Arrays]:
        """Runs a model on its batch; returns this thread's kernel, and the model's weights."""
        kernel, weights = self._thread().kernel, self._weights[model]
        kernel.forward(weights, self._x[model])
        return kernel, weights

    def kernel_in_double(self, sequences: int) -> Kernel:
        """Returns this thread's kernel in float64 for so many sequences."""
        room, name = self.threads.room(self), f"{sequences} in double"
        if name not in room:
            sizes = replace(self._sizes, sequences=sequences, dtype=np.float64)
            room[name] = self._make_kernel(sizes)
        kernel: Kernel = room[name]
        return kernel

    def _forward(self, statistics: Statistics) -> Tensor:
        def run(model: int) -> None:
            self._run_forward(model, self._thread(), statistics)

        self.threads.run(run, range(len(self.lengths)))
        return torch.from_numpy(self._outputs)

    def _differentiate(
        self,
        statistics: Statistics,
        last_step_only: bool,
        draw: DrawBatch | None,
        look: Look | None,
        models: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        self._gradient.zero_()
        if statistics == "training" and not self._running:
            self._running = {
                name: self._sizes.zeros(self._time_rows[-1].stop, used.shape[1])
                for name, used in self._statistics(self._thread().kernel)
            }

        def run(model: int) -> None:
            thread = self._thread()
            if draw:
                self.set_batch(model, draw(model))
            self._run_forward(model, thread, statistics)
            self._run_backward(model, thread, 1 if last_step_only else self._targeted[model])
            if look:
                look(model, _Pass(thread.kernel, self._gradient[model]))

        self.threads.run(run, models)
        self._has_trained |= statistics == "training"
        return torch.from_numpy(self._outputs), self._gradient

    def _run_forward(self, model: int, thread: Thread, statistics: Statistics) -> None:
        kernel, x, weights = thread.kernel, self._x[model], self._weights[model]
        running = statistics == "running" and self._has_trained
        for name, used in self._statistics(kernel):
            if running:
                used[: len(x)] = self._running[name][self._time_rows[model]]
        kernel.forward(weights, x, running)
        outputs = self._outputs[self._rows[model]]
        read_out(weights.V, weights.b_V, kernel.buffers.affine.z, len(x), outputs)
        if statistics == "training":
            self._update_running(model, kernel)

    def _run_backward(self, model: int, thread: Thread, read_steps: int) -> None:
        """Back from the loss, which is the mean over the last ``read_steps`` and sequences."""
        kernel, weights, gradient = thread.kernel, self._weights[model], self._gradients[model]
        rows = slice(self._rows[model].stop - read_steps, self._rows[model].stop)
        d, read = thread.doutputs[:read_steps], thread.read[:read_steps]
        targets = self._targets[rows].numpy()
        scale = 1 / (read_steps * self.sequences)
        LOSS_BACKWARD[self.task.loss](self._outputs[rows], targets, scale, d)
        z, steps = kernel.buffers.affine.z, self.steps[model]
        read_out_backward(weights.V, z, steps, d, gradient.V, gradient.b_V, read)
        kernel.backward(weights, gradient, read)

    def running_statistics(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(values) for name, values in self._running.items()}

    def load_statistics(self, statistics: Mapping[str, Tensor]) -> None:
        self._running = {name: values.numpy() for name, values in statistics.items()}
        self._has_trained = bool(statistics)

    def copy_statistics(self, other: Self) -> None:
        rows = [
            known.start + min(t, steps - 1)
            for own, known, steps in zip(self.steps, other._time_rows, other.steps, strict=True)
            for t in range(own)
        ]
        self._running = {name: values[rows] for name, values in other._running.items()}
        self._has_trained = other._has_trained

    def _update_running(self, model: int, kernel: Kernel) -> None:
        share = self._sizes.dtype.type(MOMENTUM if self._has_trained else 1.0)
        for name, used in self._statistics(kernel):
            own = self._running[name][self._time_rows[model]]
            own += share * (used[: len(own)] - own)

    def _statistics(self, kernel: Kernel) -> list[tuple[str, np.ndarray]]:
        """The names and values (T, features) of the statistics that the kernel uses."""
        if self.cell.norm != "batch":
            return []
        return [
            (f"{name} {kind}", getattr(site, kind))
            for name, site in kernel.sites._asdict().items()
            if site
            for kind in KINDS
        ]

    def _thread(self) -> Thread:
        """What this thread works with, made when it first asks."""
        room = self.threads.room(self)
        if "thread" not in room:
            sizes, most = self._sizes, max(self._targeted)
            room["thread"] = Thread(
                self._make_kernel(sizes, self.truncate),
                sizes.zeros(most, self.task.outputs, sizes.sequences),
                sizes.zeros(most, sizes.hidden, sizes.sequences),
            )
        own: Thread = room["thread"]
        return own

    def _make_kernel(self, sizes: Sizes, truncate: int = 0) -> Kernel:
        return KERNELS[self.cell.name](self.cell, sizes, truncate)

    def _arrays(self, vectors: Tensor) -> list[Arrays]:
        """Views of each model's weights, or their gradient, in (S, P)."""
        named = {name: self.view_of(name, vectors).numpy() for name in self._places}
        return [
            Arrays(**{name: values[model] for name, values in named.items()})
            for model in range(len(vectors))
        ]


class _Pass:
    """See ``models.population.population.Pass``."""

    def __init__(self, kernel: Kernel, gradient: Tensor) -> None:
        self._kernel, self.gradient = kernel, gradient

    def state(self, state: str) -> Tensor:
        return torch.from_numpy(self._kernel.state(state))

    def state_gradient(self, state: str) -> Tensor:
        return torch.from_numpy(self._kernel.state_gradient(state))
