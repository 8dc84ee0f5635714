"""The base classes of recurrences unrolled over time, and of those with their own backward pass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.cells.cell import Cell, Weights
from models.kernels.batch_norm import Statistics
from models.kernels.schedule import Schedule


class Unrolled(ABC):
    """The recurrence of a population of S models over a batch of B sequences each.

    Sequences are the last axis: a hidden state is (S, H, B). What is kept of every step has the
    rows of the schedule as its first axis.
    """

    statistics: Statistics = "batch"
    """The statistics that batch normalisation uses, in a cell that has it."""
    _differentiated = False
    """Whether the result of the last ``hidden_states`` was differentiated since."""

    def __init__(self, cell: Cell, schedule: Schedule, device: torch.device) -> None:
        self.cell, self.schedule = cell, schedule
        self._rows_of = [
            torch.tensor(schedule.rows_of(model), device=device) for model in range(schedule.models)
        ]

    @abstractmethod
    def set_inputs(self, model: int, x: Tensor) -> None:
        """Sets the input sequences of one model, (steps, inputs, B)."""

    @abstractmethod
    def inputs(self, model: int) -> Tensor:
        """Returns the input sequences that one model has now, (steps, inputs, B)."""

    @abstractmethod
    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        """Runs forward; returns h of the ``last`` steps, (schedule rows, H, B), to differentiate.

        Back-propagation raises RuntimeError where what it needs has been overwritten since, as
        torch does for a tensor that was changed in place: by new inputs, and for a kernel by
        another call of this method.
        """

    @abstractmethod
    def state(self, state: str, model: int) -> Tensor:
        """Returns the values of one state of one model, (steps, H, B), without a graph."""

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
        return self._state_gradient(state, model)

    @abstractmethod
    def _state_gradient(self, state: str, model: int) -> Tensor:
        """Returns what ``state_gradient`` does, once there is one."""

    def running_statistics(self) -> dict[str, Tensor]:
        """Returns the running statistics of batch normalisation by name, where there are any."""
        return {}

    def load_state(self, statistics: Mapping[str, Tensor]) -> None:
        """Restores what ``running_statistics`` returned for the same models."""
        return

    def copy_statistics(self, other: Unrolled) -> None:
        """Takes the running statistics of the same models, trained at other lengths."""
        return


class Step:
    """The views into a kernel's buffers that one step works on.

    n models are active at the step, m at the step before.
    """

    def __init__(self, kernel: Kernel[Any], step: int) -> None:
        H, n = kernel.hidden, kernel.schedule.active[step]
        self.active_before = m = kernel.schedule.active[step - 1] if step > 0 else 0
        self.W = kernel.packed[:n]
        """[W_h | W_x | b], (n, gates·H, H + inputs + 1)."""
        self.hx1 = kernel.rows_at(kernel.hx1, step)
        """[h_{t-1}; x_t; 1], (n, H + inputs + 1, B)."""
        self.a = kernel.rows_at(kernel.gates, step)
        """W [h_{t-1}; x_t; 1], then the values of the gates, (n, gates·H, B)."""
        self.h_before = self.hx1[:, :H]
        """h_{t-1}, (n, H, B)."""
        self.h = kernel.rows_after(kernel.hx1, step)[:, :H]
        """h_t, (n, H, B)."""
        self.dh = kernel.rows_at(kernel.gradients["h"], step)
        """∂L/∂h_t, (n, H, B)."""
        self.da = kernel.da[:n]
        """∂L/∂gates, then ∂L/∂a, (n, gates·H, B)."""
        self.da_transposed = self.da.transpose(1, 2)
        self.dW_transposed = kernel.packed_gradient[:n]
        """∂L/∂W transposed, (n, H + inputs + 1, gates·H)."""
        self.da_carried = self.da[:m]
        """∂L/∂a of the models that are active at the step before, (m, gates·H, B)."""
        self.W_h_transposed = self.W[:m, :, :H].transpose(1, 2)
        """(m, H, gates·H)."""


S = TypeVar("S", bound=Step)


class Kernel(Unrolled, Generic[S]):
    """An unrolled recurrence with hand-written back-propagation through time.

    The input of a step is [h; x; 1], (S, H + inputs + 1, B): recurrent weights, input weights and
    bias are one matrix W then, and one product a = W [h; x; 1] a step. The rows x and 1 are filled
    once for a batch, h is written by the step before. All buffers, and every step's views into
    them, are made once for the experiment.
    """

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
        self.hidden = hidden
        self._sequences = sequences
        self._empty = torch.empty(0, dtype=dtype, device=device)
        rows, features = len(cell.gates) * hidden, hidden + inputs + 1
        # [h; x; 1] of every step, and behind the last step the h that it writes.
        self.hx1 = self._zeros(schedule.rows + schedule.models, features)
        self.hx1[:, -1] = 1
        # Pre-activations and then values of the gates of every step.
        self.gates = self._zeros(schedule.rows, rows)
        # ∂L/∂state of every step.
        self.gradients = {state: self._zeros(schedule.rows, hidden) for state in cell.states}
        # W, and ∂L/∂W: transposed, since the product that fills it takes two thirds of the time so.
        self.packed = self._empty.new_zeros(schedule.models, rows, features)
        self.packed_gradient = self._empty.new_zeros(schedule.models, features, rows)
        # ∂L/∂a of one step.
        self.da = self._zeros(schedule.models, rows)
        self._allocate()
        self._steps = [self._step(step) for step in range(schedule.steps)]

    def _zeros(self, rows: int, features: int) -> Tensor:
        return self._empty.new_zeros(rows, features, self._sequences)

    def rows_at(self, buffer: Tensor, step: int) -> Tensor:
        """Returns the rows of a step, one for each model that is active there."""
        start, active = self.schedule.starts[step], self.schedule.active[step]
        return buffer[start : start + active]

    def rows_after(self, buffer: Tensor, step: int) -> Tensor:
        """Returns the rows that the same models have at the step after it."""
        start, active = self.schedule.starts[step + 1], self.schedule.active[step]
        return buffer[start : start + active]

    def _allocate(self) -> None:
        """Makes the buffers that only this cell needs."""

    @abstractmethod
    def _step(self, step: int) -> S:
        """Returns the views into the buffers that one step works on."""

    @abstractmethod
    def forward(self) -> None:
        """Fills the states of all steps, and what ``backward`` needs, from ``packed`` and x."""

    @abstractmethod
    def backward(self, read_from: int) -> None:
        """Goes back through time: fills ``gradients`` and adds to ``packed_gradient``.

        ``gradients["h"]`` holds the loss's direct gradient at the steps from ``read_from`` on; what
        comes back through later steps is added to it.
        """

    def _backprop_product(self, step: int, read_from: int) -> None:
        """Goes back through a = W [h; x; 1]: to ``packed_gradient`` and ∂L/∂h of the step before.

        ∂L/∂a of this step is in ``da``; the loss reads h at the steps from ``read_from`` on.
        """
        s = self._steps[step]
        s.dW_transposed.baddbmm_(s.hx1, s.da_transposed)
        if step == 0:
            return
        before, is_read = self._steps[step - 1], step - 1 >= read_from
        if not self.schedule.cut(step):
            # Where the loss does not read the step before, beta=0 ignores what stood there.
            beta = int(is_read)
            torch.baddbmm(before.dh, s.W_h_transposed, s.da_carried, beta=beta, out=before.dh)
        elif not is_read:
            before.dh.zero_()

    def pack(self, weights: Weights) -> None:
        """Copies the weights into ``packed``, [W_h | W_x | b]."""
        self.packed[..., : self.hidden] = weights.W_h
        self.packed[..., self.hidden : -1] = weights.W_x
        self.packed[..., -1:] = weights.b

    def unpack(self) -> Mapping[str, Tensor]:
        """Returns the gradient of each weight by name, out of ``packed_gradient``."""
        gradient = self.packed_gradient.transpose(1, 2).clone()
        return {
            "W_h": gradient[..., : self.hidden],
            "W_x": gradient[..., self.hidden : -1],
            "b": gradient[..., -1:],
        }

    def set_inputs(self, model: int, x: Tensor) -> None:
        self.hx1[self._rows_of[model], self.hidden : -1] = x

    def inputs(self, model: int) -> Tensor:
        return self.hx1[self._rows_of[model], self.hidden : -1]

    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        named = weights.named()
        hidden: Tensor = _KernelFunction.apply(self, last, tuple(named), *named.values())
        return hidden

    def state(self, state: str, model: int) -> Tensor:
        # What comes out of a step stands where the step after it reads.
        first = self.schedule.steps - self.schedule.lengths[model]
        rows = [start + model for start in self.schedule.starts[first + 1 :]]
        return self._written(state)[rows]

    def _written(self, state: str) -> Tensor:
        """Returns the buffer in which a step finds this state as the step before has written it."""
        return self.hx1[:, : self.hidden]

    def _state_gradient(self, state: str, model: int) -> Tensor:
        return self.gradients[state][self._rows_of[model]]


class _KernelFunction(torch.autograd.Function):
    """A kernel in the autograd graph, from weights to the hidden states of the last steps."""

    @staticmethod
    def forward(
        ctx: Any, kernel: Kernel[Any], last: int, names: tuple[str, ...], *weights: Tensor
    ) -> Tensor:
        ctx.kernel, ctx.names = kernel, names
        ctx.read_from = max(kernel.schedule.steps - last, 0)
        kernel._differentiated = False
        kernel.pack(Weights(**dict(zip(names, weights, strict=True))))
        kernel.forward()
        # A new forward pass or new inputs overwrite it, as all that backward reads.
        ctx.save_for_backward(kernel.hx1)
        steps = range(ctx.read_from, kernel.schedule.steps)
        # The h of a step stands in the input of the step after it.
        return torch.cat(
            [kernel.rows_after(kernel.hx1, step)[:, : kernel.hidden] for step in steps]
        )

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        _ = ctx.saved_tensors  # raises where they have been changed in place since
        kernel: Kernel[Any] = ctx.kernel
        schedule = kernel.schedule
        kernel.gradients["h"][schedule.starts[ctx.read_from] : schedule.rows] = gradients[0]
        kernel.packed_gradient.zero_()
        kernel.backward(ctx.read_from)
        kernel._differentiated = True
        weights = kernel.unpack()
        return (None, None, None, *(weights[name] for name in ctx.names))
