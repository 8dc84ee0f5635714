"""Pascanu's regulariser Ω, which asks the gradient to keep its norm through back-propagation."""

from __future__ import annotations

import torch
from torch import Tensor

from models.cells.cell import Cell
from models.population.norm import norm
from models.population.population import Pass

BOUND = 1e-10
"""The least ‖∂L/∂h_t‖ of a step that counts."""


@torch.no_grad()
def omega(cell: Cell, W_h: Tensor, passed: Pass) -> tuple[Tensor, Tensor]:
    """Returns Ω of a simple RNN's pass, and ∂Ω/∂W_h (H, H).

    Ω = mean over t, sequences of (‖∂L/∂h_t · ∂h_t/∂h_{t-1}‖² / ‖∂L/∂h_t‖² - 1)²

    Pascanu, Mikolov & Bengio 2013, eq. 9 and 10, with squared norms and averaged as in the
    authors' code. As there, ∂L/∂h_t and h_t are taken as constants, so that the derivative is the
    immediate one.
    """
    slope = cell.candidate_slope(passed.state("h")[1:])
    dh = passed.state_gradient("h")[1:]
    # The loss is a mean over sequences: a single one's gradient is B times what stands here.
    length = norm(dh, dim=1, keepdim=True)
    counted = length * dh.shape[-1] >= BOUND
    # Of vectors of length 1: neither their length nor its square is lost in single precision.
    u = slope * torch.where(counted, dh / length, 0).to(dh.dtype)
    v = W_h.T @ u
    excess = torch.where(counted, v.square().sum(1, keepdim=True) - 1, 0)
    count = counted.sum().clamp(min=1)
    gradient = torch.einsum("thb,tkb->hk", 4 * excess * u, v)
    return excess.square().sum() / count, gradient / count
