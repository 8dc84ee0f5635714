"""The simple recurrent network unrolled over time; its equations are in ``models.cells.rnn``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.kernels.activations import ACTIVATIONS
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """The views into the buffers that one step works on; n is the number of models active there."""

    W: Tensor
    """Packed weights, (n, H, H + inputs + 1)."""
    hx1: Tensor
    """[h_{t-1}; x_t; 1], (n, H + inputs + 1, B)."""
    a: Tensor
    """Pre-activations, (n, H, B)."""
    h: Tensor
    """h_t, (n, H, B)."""
    dh: Tensor
    """∂L/∂h_t, (n, H, B)."""
    da: Tensor
    """∂L/∂a, (n, H, B)."""


class RNNKernel(Kernel[Step]):
    """h = φ(a), a = W [h; x; 1]."""

    def _allocate(self) -> None:
        self._activation = ACTIVATIONS[self.cell.activation]

    def _views(self, step: int) -> Step:
        active = self.schedule.active[step]
        return Step(
            W=self.packed[:active],
            hx1=self._rows_at(self.hx1, step),
            a=self._rows_at(self.gates, step),
            h=self._rows_after(self.hx1, step)[:, : self.hidden],
            dh=self._rows_at(self.gradients["h"], step),
            da=self._da[:active],
        )

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(s.W, s.hx1, out=s.a)
            self._activation.forward(s.a, out=s.h)

    def backward(self, read_from: int) -> None:
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            self._activation.backward(s.dh, s.h, grad_input=s.da)
            self._backprop_product(step, read_from)
