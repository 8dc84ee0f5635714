"""The LSTM unrolled over time; its equations are in ``models.cells.lstm``."""

from __future__ import annotations

import torch
from torch import Tensor

from models.kernels.activations import sigmoid_backward, tanh, tanh_backward
from models.kernels.kernel import Kernel, Step


class LSTMStep(Step):
    """The views that one step of the LSTM works on, (n, H, B) where no shape is given."""

    def __init__(self, kernel: LSTMKernel, step: int) -> None:
        super().__init__(kernel, step)
        n, m, sigmoid_rows = len(self.a), self.active_before, 3 * kernel.hidden
        self.i, self.f, self.o, self.g = self.a.chunk(4, dim=1)
        self.ifo = self.a[:, :sigmoid_rows]
        """The gates with a σ, (n, 3H, B)."""
        self.c_before = kernel.rows_at(kernel.c, step)
        """c_{t-1}."""
        self.c = kernel.rows_after(kernel.c, step)
        """c_t."""
        self.tanh_c = kernel.rows_at(kernel.tanh_c, step)
        """tanh(c_t)."""
        self.dc = kernel.rows_at(kernel.gradients["c"], step)
        """∂L/∂c_t."""
        self.dc_through_h = kernel.dc_through_h[:n]
        """The part of ∂L/∂c_t that comes through h_t."""
        self.di, self.df, self.do, self.dg = self.da.chunk(4, dim=1)
        self.difo = self.da[:, :sigmoid_rows]
        """∂L/∂(i, f, o), then of their pre-activations, (n, 3H, B)."""
        self.dc_carried, self.f_carried = self.dc[:m], self.f[:m]
        """∂L/∂c_t and f of the models that are active at the step before, (m, H, B)."""


class LSTMKernel(Kernel[LSTMStep]):
    """i, f, o, g = σ, σ, σ, tanh (W [h; x; 1]);  c = f c + i g;  h = o tanh(c)."""

    def _allocate(self) -> None:
        self.c = self._zeros(self.schedule.rows + self.schedule.models, self.hidden)
        self.tanh_c = self._zeros(self.schedule.rows, self.hidden)
        self.dc_through_h = self._zeros(self.schedule.models, self.hidden)

    def _step(self, step: int) -> LSTMStep:
        return LSTMStep(self, step)

    def _written(self, state: str) -> Tensor:
        return self.c if state == "c" else super()._written(state)

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(s.W, s.hx1, out=s.a)
            torch.sigmoid(s.ifo, out=s.ifo)
            tanh(s.g, out=s.g)
            torch.mul(s.f, s.c_before, out=s.c)
            s.c.addcmul_(s.i, s.g)
            tanh(s.c, out=s.tanh_c)
            torch.mul(s.o, s.tanh_c, out=s.h)

    def backward(self, read_from: int) -> None:
        self._steps[-1].dc.zero_()
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            # h = o tanh(c), to c.
            torch.mul(s.dh, s.o, out=s.dc_through_h)
            tanh_backward(s.dc_through_h, s.tanh_c, grad_input=s.dc_through_h)
            s.dc.add_(s.dc_through_h)
            # c = f c + i g and h = o tanh(c), to the gates, and to their pre-activations.
            torch.mul(s.dc, s.g, out=s.di)
            torch.mul(s.dc, s.c_before, out=s.df)
            torch.mul(s.dh, s.tanh_c, out=s.do)
            torch.mul(s.dc, s.i, out=s.dg)
            sigmoid_backward(s.difo, s.ifo, grad_input=s.difo)
            tanh_backward(s.dg, s.g, grad_input=s.dg)
            # W [h; x; 1], to W and to the h before; c = f c + i g, to the c before.
            self._backprop_product(step, read_from)
            if step > 0:
                before = self._steps[step - 1]
                if self.schedule.cut(step):
                    before.dc.zero_()
                else:
                    torch.mul(s.dc_carried, s.f_carried, out=before.dc)
