r"""The way back through a simple RNN with one unit.

    h_t = φ(a_t),  a_t = w h_{t-1} + x_t,  φ = tanh or ReLU,  L = ½ (h_T - 1)²

Each step back multiplies the gradient by one factor (Pascanu, Mikolov & Bengio 2013, eq. 5, with
one unit; backpropagation through time: Werbos 1990):

    ∂L/∂h_{t-1} = ∂L/∂h_t · ∂h_t/∂h_{t-1},  ∂h_t/∂h_{t-1} = φ'(a_t) w

φ'(a_t) is the slope of the activation, 1 - h_t² of tanh, and of ReLU 1 where h_t > 0, else 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.diagnostics.way_back.loss import loss_gradient
from models.diagnostics.way_back.settings import WalkSettings


@dataclass(frozen=True)
class RNNStep:
    """One time step, forward and back."""

    x: float
    """The input x_t."""
    before: float
    """h_{t-1}."""
    h: float
    slope: float
    """φ'(a_t)."""
    factor: float
    """∂h_t/∂h_{t-1}: the slope times the recurrent weight."""
    gradient: float
    """∂L/∂h_t."""


def walk_rnn(settings: WalkSettings) -> tuple[RNNStep, ...]:
    """Returns the steps from 1 to T."""
    relu = settings.cell != "rnn"
    forward = []
    h = 0.0
    for x in settings.inputs():
        before, a = h, settings.weight * h + x
        h = max(a, 0.0) if relu else math.tanh(a)
        slope = float(h > 0) if relu else 1 - h**2
        forward.append((x, before, h, slope, slope * settings.weight))
    gradients = [loss_gradient(h)]
    for *_, factor in forward[:0:-1]:
        gradients.append(gradients[-1] * factor)
    pairs = zip(forward, reversed(gradients), strict=True)
    return tuple(RNNStep(*values, gradient=gradient) for values, gradient in pairs)
