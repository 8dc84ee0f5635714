"""Recurrences with random weights and inputs, in float64."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.kernels import unroll
from models.kernels.autograd import AutogradUnrolled
from models.kernels.kernel import Kernel, Unrolled
from models.kernels.schedule import Schedule

INPUTS, HIDDEN, SEQUENCES = 2, 3, 4

Named = dict[str, Tensor]
"""Weights by name."""


def normal(*shape: int, seed: int) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=source)


def random_weights(spec: str, models: int, seed: int = 100) -> Named:
    shapes = make_cell(spec).shapes(INPUTS, HIDDEN)
    return {
        name: normal(models, *shape, seed=seed + place).requires_grad_()
        for place, (name, shape) in enumerate(shapes.items())
    }


def recurrence(
    spec: str, lengths: tuple[int, ...], truncate: int = 0, kernel: bool = True
) -> Unrolled:
    """A recurrence with its inputs, through a kernel or through the cell's readable step."""
    cell, schedule = make_cell(spec), Schedule(lengths, truncate)
    sizes = (INPUTS, HIDDEN, SEQUENCES, torch.float64, torch.device("cpu"))
    made = (unroll if kernel else AutogradUnrolled)(cell, schedule, *sizes)
    assert isinstance(made, Kernel if kernel and cell.norm == "none" else AutogradUnrolled)
    set_inputs(made, seed=1)
    return made


def set_inputs(made: Unrolled, seed: int) -> None:
    for model, length in enumerate(made.schedule.lengths):
        made.set_inputs(model, normal(length, INPUTS, SEQUENCES, seed=seed + model))


def hidden_states(made: Unrolled, weights: Mapping[str, Tensor], last: int) -> Tensor:
    return made.hidden_states(Weights(**weights), last)


def gradients(
    loss: Tensor, weights: Named, retain_graph: bool = False, create_graph: bool = False
) -> tuple[Tensor, ...]:
    retain_graph |= create_graph
    return torch.autograd.grad(loss, list(weights.values()), None, retain_graph, create_graph)
