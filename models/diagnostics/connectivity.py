"""Which inputs an output hangs on."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from models.diagnostics.trajectory import Trajectory
from models.population.norm import norm


def connectivity(
    trajectory: Trajectory, V: Tensor, b: Tensor, outputs: Tensor, step: int, sequence: int
) -> Tensor:
    """‖∂(logit ``output`` at ``step``)/∂x_t‖₂ for t = 1 … ``step``, (n, step), along one sequence.

    ``outputs`` (n,) says which logit of each model.

    ``step`` is t̃, counted from 1; the readout is V (n, outputs, H) and b (n, outputs, 1). The norm
    is over the features of x_t: how much the answer at t̃ hangs on what came in at t (Madsen,
    "Visualizing memorization in RNNs", Distill 2019). Derivatives are taken in float64.
    """
    alone = trajectory.in_double(sequence, 1)
    x = alone.inputs.clone().requires_grad_()
    watched = replace(alone, inputs=x)
    state = watched.states[0]
    with torch.enable_grad():
        for t in range(step):
            state = watched.step(t, state)
        logits = V.double() @ state[0] + b.double()
        chosen = logits[torch.arange(len(outputs)), outputs]
        (pull,) = torch.autograd.grad(chosen.sum(), x)
    return norm(pull[:step, ..., 0], dim=-1).T
