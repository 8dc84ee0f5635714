"""The LSTM, unrolled; the equations are in ``models.cells.lstm``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.kernels.derivatives import sigmoid_backward, tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """One step's views; n is the number of active models, every state and gate is (n, H, B)."""

    z: Tensor
    """[h; x; 1] that goes in, (n, H + inputs + 1, B)."""
    h: Tensor
    """Short-term state that comes out."""
    c_in: Tensor
    c: Tensor
    """Long-term state that comes out."""
    tanh_c: Tensor
    gates: Tensor
    """Pre-activations, then the gates, (n, 4H, B)."""
    ifo: Tensor
    """The three sigmoid gates, (n, 3H, B)."""
    i: Tensor
    f: Tensor
    o: Tensor
    g: Tensor
    dh: Tensor
    """∂L/∂h."""
    dc: Tensor
    """∂L/∂c."""


class LSTMKernel(Kernel):
    """i, f, o, g = σ, σ, σ, tanh (W z);  c = f c + i g;  h = o tanh(c)."""

    states = ("h", "c")
    gates = 4

    def _allocate(self) -> None:
        self.c = self._zeros(self.schedule.rows + self.schedule.models, self.hidden)
        self.tanh_c = self._zeros(self.schedule.rows, self.hidden)
        # Of one step: the gradient of its pre-activations, and of c by way of h.
        self._da = self._zeros(self.schedule.models, 4 * self.hidden)
        self._through_h = self._zeros(self.schedule.models, self.hidden)

    def _views(self, step: int) -> Step:
        gates = self._now(self.activations, step)
        i, f, o, g = gates.chunk(4, dim=1)
        return Step(
            z=self._now(self.z, step),
            h=self._next(self.z, step)[:, : self.hidden],
            c_in=self._now(self.c, step),
            c=self._next(self.c, step),
            tanh_c=self._now(self.tanh_c, step),
            gates=gates,
            ifo=gates[:, : 3 * self.hidden],
            i=i,
            f=f,
            o=o,
            g=g,
            dh=self._now(self.gradients["h"], step),
            dc=self._now(self.gradients["c"], step),
        )

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(self.packed[: len(s.z)], s.z, out=s.gates)
            torch.sigmoid(s.ifo, out=s.ifo)
            torch.tanh(s.g, out=s.g)
            torch.mul(s.f, s.c_in, out=s.c)
            s.c.addcmul_(s.i, s.g)
            torch.tanh(s.c, out=s.tanh_c)
            torch.mul(s.o, s.tanh_c, out=s.h)

    def backward(self, read_from: int) -> None:
        H = self.hidden
        self._steps[-1].dc.zero_()
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            n = len(s.z)
            da, through_h = self._da[:n], self._through_h[:n]
            di, df, do, dg = da.chunk(4, dim=1)

            torch.mul(s.dh, s.o, out=through_h)
            tanh_backward(through_h, s.tanh_c, grad_input=through_h)
            s.dc.add_(through_h)

            torch.mul(s.dc, s.g, out=di)
            torch.mul(s.dc, s.c_in, out=df)
            torch.mul(s.dh, s.tanh_c, out=do)
            torch.mul(s.dc, s.i, out=dg)
            sigmoid_backward(da[:, : 3 * H], s.ifo, grad_input=da[:, : 3 * H])
            tanh_backward(dg, s.g, grad_input=dg)

            self.packed_gradient[:n].baddbmm_(da, s.z.transpose(1, 2))
            self._to_previous_h(step, da, read_from)
            if step > 0:
                dc_before = self._steps[step - 1].dc
                m = len(dc_before)
                torch.mul(s.dc[:m], s.f[:m], out=dc_before)
