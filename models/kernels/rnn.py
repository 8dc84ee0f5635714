"""The simple recurrent cell, unrolled; the equations are in ``models.cells.rnn``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.kernels.derivatives import tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """One step's views; n is the number of active models."""

    z: Tensor
    """[h; x; 1] that goes in, (n, H + inputs + 1, B)."""
    h: Tensor
    """What comes out, (n, H, B)."""
    a: Tensor
    """Pre-activations, on the way back their gradient, (n, H, B)."""
    dh: Tensor
    """∂L/∂h, (n, H, B)."""


class RNNKernel(Kernel):
    """h = tanh(a), a = W z."""

    gates = 1

    def _views(self, step: int) -> Step:
        return Step(
            z=self._now(self.z, step),
            h=self._next(self.z, step)[:, : self.hidden],
            a=self._now(self.activations, step),
            dh=self._now(self.gradients["h"], step),
        )

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(self.packed[: len(s.a)], s.z, out=s.a)
            torch.tanh(s.a, out=s.h)

    def backward(self, read_from: int) -> None:
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            tanh_backward(s.dh, s.h, grad_input=s.a)
            self.packed_gradient[: len(s.a)].baddbmm_(s.a, s.z.transpose(1, 2))
            self._to_previous_h(step, s.a, read_from)
