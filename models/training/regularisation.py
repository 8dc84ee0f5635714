"""Pascanu's Ω: a regulariser that asks the gradient to keep its norm on its way back."""

from __future__ import annotations

import torch
from torch import Tensor

from models.kernels.kernel import Unrolled

BOUND = 1e-10
"""Steps with a smaller ‖∂L/∂h_t‖ are left out."""


@torch.no_grad()
def omega(recurrence: Unrolled, W_h: Tensor, model: int) -> tuple[Tensor, Tensor]:
    """Ω of one model of a population of simple RNNs, and ∂Ω/∂W_h (H, H).

    Ω = mean over t, sequences of (‖∂L/∂h_t · ∂h_t/∂h_{t-1}‖² / ‖∂L/∂h_t‖² - 1)²

    Pascanu, Mikolov & Bengio 2013, eq. 9 and 10, with squared norms and averaged as in the
    authors' code. As there, ∂L/∂h_t and h_t are taken as constants, so that the derivative is the
    immediate one. Call it after the loss was differentiated.
    """
    cell = recurrence.cell
    slope = cell.candidate_slope(recurrence.state("h", model)[1:])
    pulled = recurrence.state_gradient("h", model)[1:]
    # The loss is a mean over sequences: a single one's gradient is B times what stands here.
    norm = pulled.square().sum(1) * pulled.shape[-1] ** 2
    counted = norm >= BOUND**2
    u = slope * pulled * pulled.shape[-1]
    v = W_h.T @ u
    excess = torch.where(counted, v.square().sum(1) / norm.clamp(min=BOUND**2) - 1, 0)
    count = counted.sum().clamp(min=1)
    weight = torch.where(counted, 4 * excess / norm.clamp(min=BOUND**2), 0)
    gradient = torch.einsum("thb,tkb->hk", u * weight[:, None], v)
    return excess.square().sum() / count, gradient / count
