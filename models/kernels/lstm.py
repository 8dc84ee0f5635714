"""The LSTM unrolled over time; its equations are in ``models.cells.lstm``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.kernels.activations import sigmoid_backward, tanh, tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """The views into the buffers that one step works on.

    n is the number of models active at the step; where no shape is given it is (n, H, B).
    """

    W: Tensor
    """Packed weights, (n, 4H, H + inputs + 1)."""
    hx1: Tensor
    """[h_{t-1}; x_t; 1], (n, H + inputs + 1, B)."""
    gates: Tensor
    """Pre-activations, then the values of i, f, o and g, (n, 4H, B)."""
    ifo: Tensor
    """Those of the three gates with a σ, (n, 3H, B)."""
    i: Tensor
    f: Tensor
    o: Tensor
    g: Tensor
    c_before: Tensor
    """c_{t-1}."""
    c: Tensor
    """c_t."""
    tanh_c: Tensor
    """tanh(c_t)."""
    h: Tensor
    """h_t."""

    dh: Tensor
    """∂L/∂h_t."""
    dc: Tensor
    """∂L/∂c_t."""
    dc_through_h: Tensor
    """The part of ∂L/∂c_t that comes through h_t."""
    difo: Tensor
    """∂L/∂(i, f, o), then of their pre-activations, (n, 3H, B)."""
    di: Tensor
    df: Tensor
    do: Tensor
    dg: Tensor
    """∂L/∂g, then of its pre-activation."""
    dc_carried: Tensor
    """∂L/∂c_t of the m models active at the step before, (m, H, B)."""
    f_carried: Tensor
    """f of the same models, (m, H, B)."""


class LSTMKernel(Kernel[Step]):
    """i, f, o, g = σ, σ, σ, tanh (W [h; x; 1]);  c = f c + i g;  h = o tanh(c)."""

    def _allocate(self) -> None:
        self.c = self._zeros(self.schedule.rows + self.schedule.models, self.hidden)
        self.tanh_c = self._zeros(self.schedule.rows, self.hidden)
        self._dc_through_h = self._zeros(self.schedule.models, self.hidden)

    def _views(self, step: int) -> Step:
        H = self.hidden
        active, before = self.schedule.active[step], self._active_before(step)
        gates = self._rows_at(self.gates, step)
        i, f, o, g = gates.chunk(4, dim=1)
        da = self._da[:active]
        di, df, do, dg = da.chunk(4, dim=1)
        dc = self._rows_at(self.gradients["c"], step)
        return Step(
            W=self.packed[:active],
            hx1=self._rows_at(self.hx1, step),
            gates=gates,
            ifo=gates[:, : 3 * H],
            i=i,
            f=f,
            o=o,
            g=g,
            c_before=self._rows_at(self.c, step),
            c=self._rows_after(self.c, step),
            tanh_c=self._rows_at(self.tanh_c, step),
            h=self._rows_after(self.hx1, step)[:, :H],
            dh=self._rows_at(self.gradients["h"], step),
            dc=dc,
            dc_through_h=self._dc_through_h[:active],
            difo=da[:, : 3 * H],
            di=di,
            df=df,
            do=do,
            dg=dg,
            dc_carried=dc[:before],
            f_carried=f[:before],
        )

    def _written(self, state: str) -> Tensor:
        return self.c if state == "c" else super()._written(state)

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(s.W, s.hx1, out=s.gates)
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
