"""Parameters before the first step: recurrent weights and gate biases."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from models.cells.cell import Cell, Weights


def initial_weights(
    cell: Cell, inputs: int, hidden: int, steps: int, generator: torch.Generator
) -> Weights:
    """One cell's weights, float64, for sequences of ``steps`` steps.

    - ``orthogonal``, ``identity``: such an H×H block for each gate, Glorot-uniform input weights,
      zero biases.
    - ``pytorch``: everything U(±1/√H), the biases a sum of two where torch.nn has two.

    Recurrent weights are then multiplied by the cell's gain, and its gate bias is added. Scales of
    a normalisation start at the cell's gamma.
    """
    shapes = cell.shapes(inputs, hidden)
    bound = 1 / math.sqrt(hidden)
    if cell.init == "pytorch":
        w = {name: _uniform(shape, bound, generator) for name, shape in shapes.items()}
        summed = w["b"] if "b_hn" not in w else w["b"][:-hidden]
        summed += _uniform((len(summed), 1), bound, generator)
    else:
        glorot = math.sqrt(6 / (inputs + hidden))
        blocks = [_recurrent_block(cell.init, hidden, generator) for _ in cell.gates]
        w = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
        w["W_x"] = _uniform(shapes["W_x"], glorot, generator)
        w["W_h"] = torch.cat(blocks)
    w["W_h"] = w["W_h"] * cell.gain
    _add_gate_bias(cell, w["b"], hidden, steps, generator)
    for name, size in cell.normalised(hidden).items():
        start = cell.gamma if name.startswith("gamma") else 0.0
        w[name] = torch.full((size, 1), start, dtype=torch.float64)
    return Weights(**w)


def initial_readout(hidden: int, outputs: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weights (outputs, H) and biases (outputs, 1) of a linear layer as torch.nn starts it."""
    bound = 1 / math.sqrt(hidden)
    return _uniform((outputs, hidden), bound, generator), _uniform((outputs, 1), bound, generator)


def torch_generator(source: np.random.Generator) -> torch.Generator:
    """A torch generator seeded from the stream."""
    return torch.Generator().manual_seed(int(source.integers(2**63)))


def _recurrent_block(init: str, hidden: int, generator: torch.Generator) -> Tensor:
    if init == "identity":
        return torch.eye(hidden, dtype=torch.float64)
    block = torch.empty(hidden, hidden, dtype=torch.float64)
    return torch.nn.init.orthogonal_(block, generator=generator)


def _add_gate_bias(
    cell: Cell, b: Tensor, hidden: int, steps: int, generator: torch.Generator
) -> None:
    """``chrono``: keep bias ln U[1, T-1], write bias its negative (Tallec & Ollivier, eq. 16)."""
    if cell.keep_gate is None:
        return
    rows = dict(zip(cell.gates, b.split(hidden), strict=True))
    if cell.bias != "chrono":
        rows[cell.keep_gate] += float(cell.bias)
        return
    span = torch.rand(hidden, 1, dtype=torch.float64, generator=generator)
    bias = (1 + span * max(steps - 2, 0)).log()
    rows[cell.keep_gate] += bias
    if cell.write_gate is not None:
        rows[cell.write_gate] -= bias


def _uniform(shape: tuple[int, int], bound: float, generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, dtype=torch.float64, generator=generator)
    return (2 * uniform - 1) * bound
