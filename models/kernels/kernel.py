"""What a kernel is: one cell's recurrence for a whole population, unrolled over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.cells.cell import Cell, Weights
from models.kernels.batch_norm import Statistics
from models.kernels.schedule import Schedule


class Unrolled(ABC):
    """The recurrence of a population of S models over a batch of B sequences each.

    Feature-major, sequences last: a hidden state is (S, H, B). What belongs to every step lies in
    the rows of the schedule.
    """

    statistics: Statistics = "batch"
    """What batch normalisation, where the cell has it, goes by."""
    _differentiated = False
    """Whether the last ``hidden_states`` has been, so that its states have gradients."""

    def __init__(self, cell: Cell, schedule: Schedule, device: torch.device) -> None:
        self.cell, self.schedule = cell, schedule
        self._rows_of = [
            torch.tensor(schedule.rows_of(model), device=device) for model in range(schedule.models)
        ]

    @abstractmethod
    def set_inputs(self, model: int, x: Tensor) -> None:
        """The input sequences of one model, (steps, inputs, B)."""

    @abstractmethod
    def inputs(self, model: int) -> Tensor:
        """The input sequences that one model has now, (steps, inputs, B)."""

    @abstractmethod
    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        """h of the last ``last`` steps as schedule rows, (rows, H, B), with an autograd graph.

        Back-propagation raises RuntimeError where what it needs has been overwritten since, as
        torch does for a tensor that was changed in place: by new inputs, and for a kernel by
        another call of this method.
        """

    @abstractmethod
    def state(self, state: str, model: int) -> Tensor:
        """state_t of one model, (steps, H, B), without a graph."""

    def state_gradient(self, state: str, model: int) -> Tensor:
        """∂L/∂state_t of one model, (steps, H, B): total, through all later steps.

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
        """What ``state_gradient`` returns, once there is one."""

    def running_statistics(self) -> dict[str, Tensor]:
        """What the cell has learnt beside its weights, by name, where it learns any such thing."""
        return {}

    def load_state(self, statistics: Mapping[str, Tensor]) -> None:
        """Restores what ``running_statistics`` returned for the same models."""
        return

    def copy_statistics(self, other: Unrolled) -> None:
        """Takes what the same models have learnt at other lengths, where their cell learns any."""
        return


class StepGradients(NamedTuple):
    """One step's views for the way from its pre-activations' gradient back through z."""

    da_transposed: Tensor
    """∂L/∂a of the n models active at this step, (n, B, gates·H)."""
    z: Tensor
    """(n, H + inputs + 1, B)."""
    packed_gradient: Tensor
    """(n, H + inputs + 1, gates·H)."""
    da: Tensor
    """∂L/∂a of the m models active at the step before, (m, gates·H, B)."""
    W_h_transposed: Tensor
    """(m, H, gates·H)."""
    dh: Tensor
    """∂L/∂h of the step before, (m, H, B)."""


class Kernel(Unrolled):
    """An unrolled recurrence with hand-written back-propagation through time.

    The input of a step is z = [h; x; 1], (S, H + inputs + 1, B): recurrent weights, input
    weights and bias are one matrix then, and one product a step. The rows x and 1 are filled
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
        self._options: dict[str, Any] = {"dtype": dtype, "device": device}
        rows, features = len(cell.gates) * hidden, hidden + inputs + 1
        # One block more than there are steps: what the last step writes.
        self.z = self._zeros(schedule.rows + schedule.models, features)
        self.z[:, -1] = 1
        self.activations = self._zeros(schedule.rows, rows)
        self.gradients = {state: self._zeros(schedule.rows, hidden) for state in cell.states}
        self.packed = torch.zeros(schedule.models, rows, features, **self._options)
        # Transposed: this way round the product that fills it takes two thirds of the time.
        self.packed_gradient = torch.zeros(schedule.models, features, rows, **self._options)
        self._da = self._zeros(schedule.models, rows)
        self._allocate()
        self._steps = [self._views(step) for step in range(schedule.steps)]
        self._ways_back = [self._way_back(step) for step in range(schedule.steps)]

    def _zeros(self, rows: int, features: int) -> Tensor:
        return torch.zeros(rows, features, self._sequences, **self._options)

    def _rows_at(self, buffer: Tensor, step: int) -> Tensor:
        """The rows of the models that are active at this step."""
        start, active = self.schedule.starts[step], self.schedule.active[step]
        return buffer[start : start + active]

    def _rows_after(self, buffer: Tensor, step: int) -> Tensor:
        """The same models' rows of the step after it."""
        start, active = self.schedule.starts[step + 1], self.schedule.active[step]
        return buffer[start : start + active]

    def _allocate(self) -> None:
        """Makes the buffers that only this cell needs."""

    @abstractmethod
    def _views(self, step: int) -> Any:
        """The views into the buffers that one step works on."""

    @abstractmethod
    def forward(self) -> None:
        """Fills h, and what ``backward`` needs, from ``packed``."""

    @abstractmethod
    def backward(self, read_from: int) -> None:
        """Back-propagation through time.

        ``gradients["h"]`` holds the loss's direct gradient at the steps from ``read_from`` on.
        Adds to it what comes back through later steps, and fills ``packed_gradient``.
        """

    def _way_back(self, step: int) -> StepGradients:
        active = self.schedule.active[step]
        before = self.schedule.active[step - 1] if step > 0 else 0
        return StepGradients(
            da_transposed=self._da[:active].transpose(1, 2),
            z=self._rows_at(self.z, step),
            packed_gradient=self.packed_gradient[:active],
            da=self._da[:before],
            W_h_transposed=self.packed[:before, :, : self.hidden].transpose(1, 2),
            dh=self._rows_at(self.gradients["h"], max(step - 1, 0)),
        )

    def _backprop_product(self, step: int, read_from: int) -> None:
        """Carries the gradient of a step's pre-activations on, to the weights and to h before."""
        way = self._ways_back[step]
        way.packed_gradient.baddbmm_(way.z, way.da_transposed)
        if step == 0:
            return
        direct = step - 1 >= read_from
        if not self.schedule.cut(step):
            # With beta=0 what stood there is ignored: no direct gradient reaches that step.
            torch.baddbmm(way.dh, way.W_h_transposed, way.da, beta=int(direct), out=way.dh)
        elif not direct:
            way.dh.zero_()

    def pack(self, weights: Weights) -> None:
        """Copies the weights into ``packed``, [W_h | W_x | b]."""
        self.packed[..., : self.hidden] = weights.W_h
        self.packed[..., self.hidden : -1] = weights.W_x
        self.packed[..., -1:] = weights.b

    def unpack(self) -> Mapping[str, Tensor]:
        """The gradient of each weight, out of ``packed_gradient``."""
        gradient = self.packed_gradient.transpose(1, 2).clone()
        return {
            "W_h": gradient[..., : self.hidden],
            "W_x": gradient[..., self.hidden : -1],
            "b": gradient[..., -1:],
        }

    def set_inputs(self, model: int, x: Tensor) -> None:
        self.z[self._rows_of[model], self.hidden : -1] = x

    def inputs(self, model: int) -> Tensor:
        return self.z[self._rows_of[model], self.hidden : -1]

    def hidden_states(self, weights: Weights, last: int) -> Tensor:
        named = weights.named()
        hidden: Tensor = _KernelFunction.apply(self, last, tuple(named), *named.values())
        return hidden

    def state(self, state: str, model: int) -> Tensor:
        # What comes out of a step stands where the step after it reads.
        first = self.schedule.steps - self.schedule.lengths[model]
        rows = [start + model for start in self.schedule.starts[first + 1 :]]
        return self._outgoing(state)[rows]

    def _outgoing(self, state: str) -> Tensor:
        """The buffer of a state, with one block more than there are steps."""
        return self.z[:, : self.hidden]

    def _state_gradient(self, state: str, model: int) -> Tensor:
        return self.gradients[state][self._rows_of[model]]


class _KernelFunction(torch.autograd.Function):
    """A kernel in the autograd graph: weights in, hidden states of the last steps out."""

    @staticmethod
    def forward(
        ctx: Any, kernel: Kernel, last: int, names: tuple[str, ...], *weights: Tensor
    ) -> Tensor:
        ctx.kernel, ctx.names = kernel, names
        ctx.read_from = max(kernel.schedule.steps - last, 0)
        kernel._differentiated = False
        kernel.pack(Weights(**dict(zip(names, weights, strict=True))))
        kernel.forward()
        # Inputs and states: who overwrites any buffer that backward reads overwrites this one too.
        ctx.save_for_backward(kernel.z)
        steps = range(ctx.read_from, kernel.schedule.steps)
        # The h of a step stands in the input of the step after it.
        return torch.cat([kernel._rows_after(kernel.z, step)[:, : kernel.hidden] for step in steps])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        _ = ctx.saved_tensors  # raises where they have been changed in place since
        kernel: Kernel = ctx.kernel
        schedule = kernel.schedule
        kernel.gradients["h"][schedule.starts[ctx.read_from] : schedule.rows] = gradients[0]
        kernel.packed_gradient.zero_()
        kernel.backward(ctx.read_from)
        kernel._differentiated = True
        weights = kernel.unpack()
        return (None, None, None, *(weights[name] for name in ctx.names))
