"""The readout at initialisation; each cell says in its own file what its weights start with."""

from __future__ import annotations

import math

from torch import Tensor

from models.cells.draw import Draw


def initial_readout(draw: Draw, hidden: int, outputs: int) -> tuple[Tensor, Tensor]:
    """Weights (outputs, H) and biases (outputs, 1) of a linear layer as torch.nn starts it."""
    bound = 1 / math.sqrt(hidden)
    return draw.uniform((outputs, hidden), bound), draw.uniform((outputs, 1), bound)
