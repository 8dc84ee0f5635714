"""How near a cell's gates and its state are to the ends of their range, where gradients die."""

from __future__ import annotations

import torch
from torch import Tensor

from models.diagnostics.trajectory import Trajectory

NEAR = 0.05
"""A value nearer than this to an end of its range is saturated."""


def saturation(trajectory: Trajectory) -> dict[str, Tensor]:
    """The share of saturated values of every gate and of h by name, from 0 to 1, (n,) each.

    The share is over steps, units and sequences. Saturated are tanh values (h, and the candidates
    g and n) with 1 - |v| < NEAR, and σ values with min(v, 1 - v) < NEAR. ReLU has no upper end: its
    share is that of dead units, those at 0 in every step of every sequence. The LSTM's c has
    no ends, and its h = o ⊙ tanh(c) is at one only where o is open and c far from 0.

    NaN where states are not finite.
    """
    cell = trajectory.cell
    written = cell.candidate
    shares = {gate: _near(trajectory.gates[gate], 0, 1) for gate in cell.sigmoid_gates()}
    match cell.activation:
        case "relu":
            shares[written] = _dead(trajectory.gates[written])
        case "sigmoid":
            shares[written] = _near(trajectory.gates[written], 0, 1)
        case _:
            shares[written] = _near(trajectory.gates[written], -1, 1)
    if "h" not in shares:
        shares["h"] = _near(trajectory.hidden_states[1:], -1, 1)
    finite = trajectory.finite().all(dim=-1)
    return {name: torch.where(finite, share, torch.nan) for name, share in shares.items()}


def gate_means(trajectory: Trajectory) -> dict[str, Tensor]:
    """The mean over steps, units and sequences of every σ gate by name, from 0 to 1, (n,) each."""
    gates = trajectory.cell.sigmoid_gates()
    return {gate: trajectory.gates[gate].mean(dim=(0, 2, 3)) for gate in gates}


def gate_spreads(trajectory: Trajectory) -> dict[str, Tensor]:
    """How different units are in every σ gate by name, (n,) each.

    That is the standard deviation over units of the gate's mean over steps and sequences.
    """
    means = trajectory.mean_gates
    return {
        gate: means[gate].std(dim=(1, 2), correction=0) for gate in trajectory.cell.sigmoid_gates()
    }


def _near(values: Tensor, low: float, high: float) -> Tensor:
    """The share of values (T, n, H, B) near ``low`` or ``high``, (n,)."""
    near = (values < low + NEAR) | (values > high - NEAR)
    return near.sum(dim=(0, 2, 3)) / near[:, 0].numel()


def _dead(values: Tensor) -> Tensor:
    """The share of units that are 0 everywhere in values (T, n, H, B), (n,)."""
    return (values == 0).all(dim=-1).all(dim=0).double().mean(dim=-1)
