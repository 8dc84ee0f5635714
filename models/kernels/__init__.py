"""The cells' recurrences unrolled over time, fast, for whole populations. Imports cells and below.

Cells without a kernel, and all with a ``norm``, run through their readable step with autograd.
"""

from __future__ import annotations

from typing import Any

import torch

from models.cells.cell import Cell
from models.kernels.autograd import AutogradUnrolled
from models.kernels.gru import GRUKernel
from models.kernels.kernel import Kernel, Unrolled
from models.kernels.lstm import LSTMKernel
from models.kernels.rnn import RNNKernel
from models.kernels.schedule import Schedule

KERNELS: dict[str, type[Kernel[Any]]] = {"rnn": RNNKernel, "lstm": LSTMKernel, "gru": GRUKernel}


def unroll(
    cell: Cell,
    schedule: Schedule,
    inputs: int,
    hidden: int,
    sequences: int,
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> Unrolled:
    """Returns the fastest recurrence of this cell over a schedule, for batches of ``sequences``."""
    device = device or torch.device("cpu")
    kernel = KERNELS.get(cell.name) if cell.norm == "none" else None
    return (kernel or AutogradUnrolled)(cell, schedule, inputs, hidden, sequences, dtype, device)
