"""The trajectory of one model through its compiled kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from models.cells.cell import Weights
from models.diagnostics.trajectory import State, Trajectory
from models.kernels.kernel import Arrays, Kernel
from models.population.compiled import CompiledPopulation


@dataclass(frozen=True, kw_only=True)
class CompiledTrajectory(Trajectory):
    """A trajectory of one model, n = 1, as long as nothing else goes through its kernel.

    In float64 the states are computed anew, in that precision.
    """

    population: CompiledPopulation
    """The population of the model, which has kernels for each thread."""
    kernel: Kernel
    """The kernel after its forward pass."""
    arrays: Arrays
    """The weights of the model, as the kernel takes them."""

    @cached_property
    def states(self) -> Sequence[State]:
        values = [torch.from_numpy(own)[:, None] for own in self.kernel.states().values()]
        return list(zip(*values, strict=True))

    @cached_property
    def hidden_states(self) -> Tensor:
        return torch.from_numpy(self.kernel.states()["h"])[:, None]

    def finite(self, sequences: int | None = None) -> Tensor:
        states = self.kernel.states().values()
        finite = [np.isfinite(own[..., :sequences]).all(axis=(0, 1)) for own in states]
        return torch.from_numpy(np.all(finite, axis=0))[None]

    @cached_property
    def gates(self) -> dict[str, Tensor]:
        gates = self.kernel.gates()
        return {name: torch.from_numpy(values)[:, None] for name, values in gates.items()}

    def growth(self, strides: Sequence[range], v: Tensor) -> Tensor:
        norms = self.kernel.growth(self.arrays, strides, v[0].numpy())
        return torch.from_numpy(norms)[:, None]

    def input_gradient(self, direction: Tensor) -> Tensor:
        read = direction[:, :, None].expand(-1, -1, self.kernel.sizes.sequences).contiguous()
        return torch.from_numpy(self.kernel.input_gradient(self.arrays, read.numpy()))[:, None]

    def in_double(self, first: int, sequences: int) -> CompiledTrajectory:
        weights, inputs = self.weights.double(), self.inputs[..., first : first + sequences]
        kernel = self.population.kernel_in_double(inputs.shape[-1])
        x = inputs[:, 0].double().contiguous()
        arrays = self.arrays.map(lambda own: own.astype(float))
        kernel.use_statistics(self.kernel)
        kernel.forward(arrays, x.numpy(), running=self.cell.norm == "batch")
        return CompiledTrajectory(
            self.cell, weights, x[:, None], population=self.population, kernel=kernel, arrays=arrays
        )


def compiled_trajectory(population: CompiledPopulation, model: int) -> CompiledTrajectory:
    """The trajectory of a model on the batch that it has now, in the kernel of this thread."""
    kernel, arrays = population.run_forward(model)
    named = population.weights()[0].named()
    weights = Weights(**{name: w[[model]].detach() for name, w in named.items()})
    inputs = population.inputs(model)[:, None]
    return CompiledTrajectory(
        population.cell, weights, inputs, population=population, kernel=kernel, arrays=arrays
    )
