r"""The way back through an LSTM with one unit (equations: ``models/cells/lstm.py``).

    a_t = w h_{t-1} + x_t
    i_t = o_t = σ(a_t),  f_t = σ(a_t + b_f),  g_t = tanh(a_t)
    c_t = f_t c_{t-1} + i_t g_t,  h_t = o_t tanh(c_t),  L = ½ (h_T - 1)²

There are two ways from c_t back to c_{t-1}. Along c, by addition, the only factor is the forget
gate (Gers et al. 2000; without one it is 1, Hochreiter & Schmidhuber 1997, who cut all other ways).
Through h_{t-1} it is the weight and the slopes of the gates, then o_{t-1} and the slope of tanh. By
the chain rule (Werbos 1990):

    ∂L/∂h_{t-1} = ∂L/∂c_t · ∂c_t/∂h_{t-1} + ∂L/∂h_t · ∂h_t/∂h_{t-1}
        ∂c_t/∂h_{t-1} = w (i_t' g_t + i_t g_t' + f_t' c_{t-1})    through i, g and f
        ∂h_t/∂h_{t-1} = w o_t' tanh(c_t)                          through o, with c_t held
    ∂L/∂c_{t-1} = ∂L/∂c_t · f_t + ∂L/∂h_{t-1} · ∂h_{t-1}/∂c_{t-1}
        ∂h_t/∂c_t = o_t (1 - tanh²(c_t))

with σ' = σ (1 - σ) and tanh' = 1 - tanh². At the last step ∂L/∂c_T = ∂L/∂h_T · ∂h_T/∂c_T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.diagnostics.way_back.loss import loss_gradient
from models.diagnostics.way_back.settings import WalkSettings


@dataclass(frozen=True)
class Forward:
    """What one time step computes on the way forward, and its derivatives."""

    x: float
    """The input x_t."""
    h_before: float
    """h_{t-1}."""
    c_before: float
    """c_{t-1}."""
    i: float
    f: float
    o: float
    g: float
    c: float
    h: float
    h_by_c: float
    """∂h_t/∂c_t."""
    c_by_h: float
    """∂c_t/∂h_{t-1}."""
    h_by_h: float
    """∂h_t/∂h_{t-1} with c_t held: through the output gate."""


@dataclass(frozen=True)
class LSTMStep:
    """One time step, forward and back."""

    forward: Forward
    gradient_h: float
    """∂L/∂h_t."""
    gradient_c: float
    """∂L/∂c_t, on all ways."""
    additive: float
    """∂L/∂c_t along c alone: ∂L/∂c_T times the forget gates of the steps after t."""


def walk_lstm(settings: WalkSettings) -> tuple[LSTMStep, ...]:
    """Returns the steps from 1 to T."""
    forward = _forward(settings)
    gradient_h = loss_gradient(forward[-1].h)
    gradient_c = additive = gradient_h * forward[-1].h_by_c
    steps = [LSTMStep(forward[-1], gradient_h, gradient_c, additive)]
    for before, after in zip(forward[-2::-1], forward[:0:-1], strict=True):
        gradient_h = gradient_c * after.c_by_h + gradient_h * after.h_by_h
        gradient_c = gradient_c * after.f + gradient_h * before.h_by_c
        additive *= after.f
        steps.append(LSTMStep(before, gradient_h, gradient_c, additive))
    return tuple(reversed(steps))


def _forward(settings: WalkSettings) -> list[Forward]:
    w = settings.weight
    steps = []
    h = c = 0.0
    for x in settings.inputs():
        a = w * h + x
        i = o = _sigmoid(a)
        f, g = _sigmoid(a + settings.forget_bias), math.tanh(a)
        new_c = f * c + i * g
        shown = math.tanh(new_c)
        c_by_h = w * (i * (1 - i) * g + i * (1 - g**2) + f * (1 - f) * c)
        derivatives = o * (1 - shown**2), c_by_h, w * o * (1 - o) * shown
        steps.append(Forward(x, h, c, i, f, o, g, new_c, o * shown, *derivatives))
        h, c = o * shown, new_c
    return steps


def _sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a))
