"""The cells' recurrences unrolled over time, fast, for whole populations.

What no kernel covers, normalised cells among it, runs through its readable step with autograd.
"""

from __future__ import annotations

import torch

from models.cells.cell import Cell
from models.kernels.autograd import AutogradUnrolled
from models.kernels.gru import GRUKernel
from models.kernels.kernel import Kernel, Unrolled
from models.kernels.lstm import LSTMKernel
from models.kernels.rnn import RNNKernel
from models.kernels.schedule import Schedule

KERNELS: dict[str, type[Kernel]] = {"rnn": RNNKernel, "lstm": LSTMKernel, "gru": GRUKernel}


def unroll(
    cell: Cell,
    schedule: Schedule,
    inputs: int,
    hidden: int,
    sequences: int,
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> Unrolled:
    """The fastest way there is to run this cell over a schedule, ``sequences`` at a time."""
    device = device or torch.device("cpu")
    kernel = KERNELS.get(cell.name) if cell.norm == "none" else None
    return (kernel or AutogradUnrolled)(cell, schedule, inputs, hidden, sequences, dtype, device)
