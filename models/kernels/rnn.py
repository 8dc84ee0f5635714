"""The simple recurrent cell, unrolled; the equations are in ``models.cells.rnn``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.kernels.activations import ACTIVATIONS
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """One step's views; n is the number of active models."""

    W: Tensor
    """(n, H, H + inputs + 1)."""
    z: Tensor
    """[h; x; 1] that goes in, (n, H + inputs + 1, B)."""
    a: Tensor
    """Pre-activations, (n, H, B)."""
    h: Tensor
    """What comes out, (n, H, B)."""
    da: Tensor
    """∂L/∂a, (n, H, B)."""
    dh: Tensor
    """∂L/∂h, (n, H, B)."""


class RNNKernel(Kernel):
    """h = φ(a), a = W z."""

    def _allocate(self) -> None:
        self._activation = ACTIVATIONS[self.cell.activation]

    def _views(self, step: int) -> Step:
        active = self.schedule.active[step]
        return Step(
            W=self.packed[:active],
            z=self._rows_at(self.z, step),
            a=self._rows_at(self.activations, step),
            h=self._rows_after(self.z, step)[:, : self.hidden],
            da=self._da[:active],
            dh=self._rows_at(self.gradients["h"], step),
        )

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(s.W, s.z, out=s.a)
            self._activation.forward(s.a, out=s.h)

    def backward(self, read_from: int) -> None:
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            self._activation.backward(s.dh, s.h, grad_input=s.da)
            self._backprop_product(step, read_from)
