"""Recurrences with random weights and inputs, in float64: through a kernel, and the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.kernels.autograd import AutogradUnrolled
from models.kernels.kernel import Arrays, Kernel, Sizes
from models.kernels.schedule import Schedule
from models.population.compiled import KERNELS

INPUTS, HIDDEN, SEQUENCES = 2, 3, 4

Named = dict[str, Tensor]
"""Weights by name."""


def normal(*shape: int, seed: int) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=source)


def random_weights(spec: str, models: int, seed: int = 100) -> Named:
    """With the leading axis of a population."""
    shapes = make_cell(spec).shapes(INPUTS, HIDDEN)
    return {
        name: normal(models, *shape, seed=seed + place).requires_grad_()
        for place, (name, shape) in enumerate(shapes.items())
    }


def recurrence(spec: str, lengths: tuple[int, ...], truncate: int = 0) -> AutogradUnrolled:
    """The reference with its inputs."""
    schedule = Schedule(lengths, truncate)
    made = AutogradUnrolled(
        make_cell(spec), schedule, INPUTS, HIDDEN, SEQUENCES, torch.float64, torch.device("cpu")
    )
    set_inputs(made, seed=1)
    return made


def set_inputs(made: AutogradUnrolled, seed: int) -> None:
    for model, length in enumerate(made.schedule.lengths):
        made.set_inputs(model, normal(length, INPUTS, SEQUENCES, seed=seed + model))


def hidden_states(made: AutogradUnrolled, weights: Mapping[str, Tensor], last: int) -> Tensor:
    return made.hidden_states(Weights(**weights), last)


def gradients(
    loss: Tensor, weights: Named, retain_graph: bool = False, create_graph: bool = False
) -> tuple[Tensor, ...]:
    retain_graph |= create_graph
    return torch.autograd.grad(loss, list(weights.values()), None, retain_graph, create_graph)


def kernel(spec: str, steps: int, truncate: int = 0) -> Kernel:
    """A kernel with room for one step more than it needs."""
    cell = make_cell(spec)
    sizes = Sizes(steps + 1, INPUTS, HIDDEN, SEQUENCES, np.float64)
    return KERNELS[cell.name](cell, sizes, truncate)


def arrays(weights: Named) -> Arrays:
    """The weights of one model; kernels leave the readout alone."""
    readout = np.zeros((2, HIDDEN)), np.zeros((2, 1))
    named = {name: value.detach().numpy() for name, value in weights.items()}
    return Arrays(**named, V=readout[0], b_V=readout[1])


def there_and_back(kernel: Kernel, weights: Named, x: Tensor, pull: Tensor) -> Named:
    """The gradient of ``(h * pull).sum()`` over the last steps; ``pull`` is (last, H, B)."""
    gradient = {name: torch.zeros_like(value) for name, value in weights.items()}
    kernel.forward(arrays(weights), x.numpy())
    kernel.backward(arrays(weights), arrays(gradient), np.ascontiguousarray(pull.numpy()))
    return gradient


class ThroughKernel(torch.autograd.Function):
    """A kernel in the autograd graph, from one model's weights to h of its last steps."""

    @staticmethod
    def forward(
        ctx: Any, kernel: Kernel, x: Tensor, last: int, names: list[str], *weights: Tensor
    ) -> Tensor:
        ctx.kernel, ctx.x, ctx.named = kernel, x, dict(zip(names, weights, strict=True))
        kernel.forward(arrays(ctx.named), x.numpy())
        return torch.from_numpy(kernel.state("h")[-last:].copy())

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> tuple[Any, ...]:
        # Gradcheck goes forward again and again before it goes back.
        gradient = there_and_back(ctx.kernel, ctx.named, ctx.x, pulls[0])
        return (None, None, None, None, *gradient.values())
