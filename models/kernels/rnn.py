"""The simple recurrent network unrolled over time; its equations are in ``models.cells.rnn``."""

from __future__ import annotations

import torch

from models.kernels.activations import ACTIVATIONS
from models.kernels.kernel import Kernel, Step


class RNNKernel(Kernel[Step]):
    """h = φ(a), a = W [h; x; 1]."""

    def _allocate(self) -> None:
        self._activation = ACTIVATIONS[self.cell.activation]

    def _step(self, step: int) -> Step:
        return Step(self, step)

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(s.W, s.hx1, out=s.a)
            self._activation.forward(s.a, out=s.h)

    def backward(self, read_from: int) -> None:
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            self._activation.backward(s.dh, s.h, grad_input=s.da)
            self._backprop_product(step, read_from)
