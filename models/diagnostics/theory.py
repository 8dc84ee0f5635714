"""What the weights and the equations of a cell say about its gradient: radius and half-life."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.analysis.gradient_profile import LEVEL
from models.cells.cell import Cell, Weights
from models.diagnostics.trajectory import Trajectory


def spectral_radius(weights: Weights, cell: Cell) -> Tensor:
    """The largest |eigenvalue| of the recurrent block that writes the state, (n,), for n models.

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


def theoretical_half_life(trajectory: Trajectory) -> Tensor:
    """The half-life of the gradient by the cell's equations alone, in steps, (n,), for n models.

    - RNN: a step back multiplies the gradient by ρ(W_h)·φ', with ρ the spectral radius and φ' the
      slope of the activation (Pascanu, Mikolov & Bengio 2013, section 2.1). Over units φ' is the
      root mean square, exact for a rotation W_h and a gradient that favours no unit (the √χ_1 of
      Schoenholz et al. 2017); over steps the geometric mean, since they multiply.
    - LSTM, GRU: along the path that keeps the state, a step back multiplies the gradient of unit u
      by its keep gate, f or z: n steps by f^n, f the geometric mean over steps and sequences.
      Units differ, and many steps back only the slowest is left: f is that of the unit that
      keeps most. Paths through h and the gates are left out, so the measured one may be longer.

    NaN with a normalisation, or where W_h starts as the identity: there is no such formula.
    """
    cell = trajectory.cell
    if cell.norm == "none" and cell.forget_gate is not None:
        kept = trajectory.gates[cell.forget_gate].double()
        return _half_life(kept.log().mean(dim=(0, -1)).amax(dim=-1))
    if cell.norm == "none" and cell.init != "identity" and cell.candidate == "h":
        slope = cell.candidate_slope(trajectory.gates["h"].double())
        typical = slope.square().mean(dim=(-2, -1)).sqrt().log().mean(dim=0)
        return _half_life(spectral_radius(trajectory.weights, cell).log() + typical)
    weights = trajectory.weights.W_h
    return weights.new_full((len(weights),), torch.nan, dtype=torch.float64)


def _half_life(rate: Tensor) -> Tensor:
    """The half-life in steps of a gradient that grows at this rate in nats per step back, (n,)."""
    return torch.where(rate.abs() < LEVEL, torch.inf, -math.log(2) / rate)
