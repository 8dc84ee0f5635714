"""The LSTM, unrolled; the equations are in ``models.cells.lstm``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.kernels.activations import sigmoid_backward, tanh, tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """One step's views; n is the number of active models, every state and gate is (n, H, B)."""

    W: Tensor
    """(n, 4H, H + inputs + 1)."""
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
    through_h: Tensor
    """What comes to ∂L/∂c by way of h."""
    difo: Tensor
    """Of the gates, then of their pre-activations, (n, 3H, B)."""
    di: Tensor
    df: Tensor
    do: Tensor
    dg: Tensor
    dc_before: Tensor
    """∂L/∂c of the step before, (m, H, B), m models being active there."""
    dc_to_before: Tensor
    """dc of the same models."""
    f_to_before: Tensor


class LSTMKernel(Kernel):
    """i, f, o, g = σ, σ, σ, tanh (W z);  c = f c + i g;  h = o tanh(c)."""

    def _allocate(self) -> None:
        self.c = self._zeros(self.schedule.rows + self.schedule.models, self.hidden)
        self.tanh_c = self._zeros(self.schedule.rows, self.hidden)
        self._through_h = self._zeros(self.schedule.models, self.hidden)

    def _views(self, step: int) -> Step:
        H = self.hidden
        active = self.schedule.active[step]
        gates = self._rows_at(self.activations, step)
        i, f, o, g = gates.chunk(4, dim=1)
        da = self._da[:active]
        di, df, do, dg = da.chunk(4, dim=1)
        dc = self._rows_at(self.gradients["c"], step)
        dc_before = self._rows_at(self.gradients["c"], step - 1) if step > 0 else dc[:0]
        before = len(dc_before)
        return Step(
            W=self.packed[:active],
            z=self._rows_at(self.z, step),
            h=self._rows_after(self.z, step)[:, :H],
            c_in=self._rows_at(self.c, step),
            c=self._rows_after(self.c, step),
            tanh_c=self._rows_at(self.tanh_c, step),
            gates=gates,
            ifo=gates[:, : 3 * H],
            i=i,
            f=f,
            o=o,
            g=g,
            dh=self._rows_at(self.gradients["h"], step),
            dc=dc,
            through_h=self._through_h[:active],
            difo=da[:, : 3 * H],
            di=di,
            df=df,
            do=do,
            dg=dg,
            dc_before=dc_before,
            dc_to_before=dc[:before],
            f_to_before=f[:before],
        )

    def _outgoing(self, state: str) -> Tensor:
        return self.c if state == "c" else super()._outgoing(state)

    def forward(self) -> None:
        for s in self._steps:
            torch.bmm(s.W, s.z, out=s.gates)
            torch.sigmoid(s.ifo, out=s.ifo)
            tanh(s.g, out=s.g)
            torch.mul(s.f, s.c_in, out=s.c)
            s.c.addcmul_(s.i, s.g)
            tanh(s.c, out=s.tanh_c)
            torch.mul(s.o, s.tanh_c, out=s.h)

    def backward(self, read_from: int) -> None:
        self._steps[-1].dc.zero_()
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            torch.mul(s.dh, s.o, out=s.through_h)
            tanh_backward(s.through_h, s.tanh_c, grad_input=s.through_h)
            s.dc.add_(s.through_h)

            torch.mul(s.dc, s.g, out=s.di)
            torch.mul(s.dc, s.c_in, out=s.df)
            torch.mul(s.dh, s.tanh_c, out=s.do)
            torch.mul(s.dc, s.i, out=s.dg)
            sigmoid_backward(s.difo, s.ifo, grad_input=s.difo)
            tanh_backward(s.dg, s.g, grad_input=s.dg)

            self._backprop_product(step, read_from)
            if self.schedule.cut(step):
                s.dc_before.zero_()
            else:
                torch.mul(s.dc_to_before, s.f_to_before, out=s.dc_before)
