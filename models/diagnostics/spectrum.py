"""The spectral radius of a cell's recurrent weights."""

from __future__ import annotations

import torch
from torch import Tensor

from models.cells.cell import Cell, Weights


def spectral_radius(weights: Weights, cell: Cell) -> Tensor:
    """Largest |eigenvalue| of the recurrent block that writes the state, (n,), no unit.

    That block is the candidate's: W_h of the RNN, W_hg of the LSTM, W_hn of the GRU.
    Of a linear RNN it is the factor by which the gradient changes in a step, in the long run
    (Pascanu, Mikolov & Bengio 2013, section 2.1). NaN where weights are not finite.
    """
    blocks = weights.W_h.detach().double().chunk(len(cell.gates), dim=-2)
    block = blocks[cell.gates.index(cell.candidate)]
    finite = block.isfinite().all(dim=(-2, -1))
    block = torch.where(finite[:, None, None], block, 0)
    radius = torch.linalg.eigvals(block).abs().amax(dim=-1)
    return torch.where(finite, radius, torch.nan)
