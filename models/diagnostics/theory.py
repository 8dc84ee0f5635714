"""What the equations of a cell alone say about the decay of its gradient."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.analysis.decay import LEVEL
from models.diagnostics.spectrum import spectral_radius
from models.diagnostics.trajectory import Trajectory


def theoretical_half_life(trajectory: Trajectory) -> Tensor:
    """What the cell's equations alone say about the half-life, (n,), in steps.

    - RNN: a step back multiplies the gradient by ρ(W_h)·φ', with ρ the spectral radius and φ' the
      slope of the activation (Pascanu, Mikolov & Bengio 2013, section 2.1). Over units φ' is the
      root mean square, exact for a rotation W_h and a gradient that favours no unit (the √χ_1 of
      Schoenholz et al. 2017); over steps the geometric mean, since they multiply.
    - LSTM, GRU: along the path that keeps the state, a step back multiplies the gradient of unit u
      by its keep gate, f or z: n steps by f^n, f the geometric mean over steps and sequences.
      Units part ways, and many steps back only the slowest is left: f is that of the unit that
      keeps most. Paths through h and the gates are left out, so the measured one may be longer.

    NaN with a normalisation, or where W_h starts as the identity: there is no such formula.
    """
    cell = trajectory.cell
    radius = spectral_radius(trajectory.weights, cell)
    if cell.norm == "none" and cell.forget_gate is not None:
        kept = trajectory.gates[cell.forget_gate].double()
        return _halving(kept.log().mean(dim=(0, -1)).amax(dim=-1))
    if cell.norm == "none" and cell.init != "identity" and cell.candidate == "h":
        slope = cell.candidate_slope(trajectory.gates["h"].double())
        typical = slope.square().mean(dim=(-2, -1)).sqrt().log().mean(dim=0)
        return _halving(radius.log() + typical)
    return torch.full_like(radius, torch.nan)


def _halving(rate: Tensor) -> Tensor:
    """Steps from a rate in nats per step back."""
    return torch.where(rate.abs() < LEVEL, torch.inf, -math.log(2) / rate)
