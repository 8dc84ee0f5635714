"""The GRU unrolled over time; its equations are in ``models.cells.gru``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from models.cells.cell import Weights
from models.kernels.activations import sigmoid_backward, tanh, tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """The views into the buffers that one step works on.

    n is the number of models active at the step; where no shape is given it is (n, H, B).
    """

    W: Tensor
    """Packed weights, (n, 3H, H + inputs + 1)."""
    hx1: Tensor
    """[h_{t-1}; x_t; 1], (n, H + inputs + 1, B)."""
    h_before: Tensor
    """h_{t-1}."""
    gates: Tensor
    """Pre-activations of r and z, then their values; below them ``h_n``, (n, 3H, B)."""
    rz: Tensor
    """Those of r and z, (n, 2H, B)."""
    r: Tensor
    z: Tensor
    h_n: Tensor
    """W_hn h_{t-1} + b_hn."""
    n: Tensor
    """W_xn x_t + b_n, then the candidate."""
    h: Tensor
    """h_t."""

    dh: Tensor
    """∂L/∂h_t."""
    dn: Tensor
    """∂L/∂n, then of its pre-activation."""
    drz: Tensor
    """∂L/∂(r, z), then of their pre-activations, (n, 2H, B)."""
    dr: Tensor
    dz: Tensor
    dh_n: Tensor
    """∂L/∂h_n."""
    dh_carried: Tensor
    """∂L/∂h_t of the m models active at the step before, (m, H, B)."""
    z_carried: Tensor
    """z of the same models, (m, H, B)."""


class GRUKernel(Kernel[Step]):
    """r, z = σ(W [h; x; 1]);  n = tanh(x_n + r h_n);  h = z h + (1 - z) n.

    The candidate's input part x_n is not scaled by r, so it does not fit into the one product a
    step. It does not wait for h either: all steps' x_n are one product before the first.
    """

    def _allocate(self) -> None:
        self.n = self._zeros(self.schedule.rows, self.hidden)
        self.dn = torch.zeros_like(self.n)
        self._model_of_row = torch.tensor(self.schedule.model_of_row, device=self.n.device)

    def _views(self, step: int) -> Step:
        H = self.hidden
        active, before = self.schedule.active[step], self._active_before(step)
        hx1 = self._rows_at(self.hx1, step)
        gates = self._rows_at(self.gates, step)
        r, z, h_n = gates.chunk(3, dim=1)
        da = self._da[:active]
        dr, dz, dh_n = da.chunk(3, dim=1)
        dh = self._rows_at(self.gradients["h"], step)
        return Step(
            W=self.packed[:active],
            hx1=hx1,
            h_before=hx1[:, :H],
            gates=gates,
            rz=gates[:, : 2 * H],
            r=r,
            z=z,
            h_n=h_n,
            n=self._rows_at(self.n, step),
            h=self._rows_after(self.hx1, step)[:, :H],
            dh=dh,
            dn=self._rows_at(self.dn, step),
            drz=da[:, : 2 * H],
            dr=dr,
            dz=dz,
            dh_n=dh_n,
            dh_carried=dh[:before],
            z_carried=z[:before],
        )

    def pack(self, weights: Weights) -> None:
        """Packs the candidate's rows as [W_hn | 0 | b_hn]; its [W_xn | b_n] is kept beside them."""
        assert weights.b_hn is not None
        super().pack(weights)
        H = self.hidden
        self._input_part = self.packed[:, 2 * H :, H:].clone()
        self.packed[:, 2 * H :, H:-1] = 0
        self.packed[:, 2 * H :, -1:] = weights.b_hn

    def unpack(self) -> Mapping[str, Tensor]:
        H = self.hidden
        b_hn = self.packed_gradient[:, -1:, 2 * H :].transpose(1, 2).clone()
        self.packed_gradient[:, H:, 2 * H :] = self._input_part_gradient.transpose(1, 2)
        return {**super().unpack(), "b_hn": b_hn}

    def forward(self) -> None:
        x1 = self.hx1[: self.schedule.rows, self.hidden :]
        torch.bmm(self._input_part[self._model_of_row], x1, out=self.n)
        for s in self._steps:
            torch.bmm(s.W, s.hx1, out=s.gates)
            torch.sigmoid(s.rz, out=s.rz)
            s.n.addcmul_(s.r, s.h_n)
            tanh(s.n, out=s.n)
            torch.lerp(s.n, s.h_before, s.z, out=s.h)

    def backward(self, read_from: int) -> None:
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            # h = z h + (1 - z) n, to n; n = tanh(x_n + r h_n), to its pre-activation, h_n and r.
            torch.addcmul(s.dh, s.dh, s.z, value=-1, out=s.dn)
            tanh_backward(s.dn, s.n, grad_input=s.dn)
            torch.mul(s.dn, s.r, out=s.dh_n)
            torch.mul(s.dn, s.h_n, out=s.dr)
            # h = z h + (1 - z) n, to z; and r and z to their pre-activations.
            torch.sub(s.h_before, s.n, out=s.dz)
            s.dz.mul_(s.dh)
            sigmoid_backward(s.drz, s.rz, grad_input=s.drz)
            # W [h; x; 1], to W and to the h before; h = z h + (1 - z) n, to the h before.
            self._backprop_product(step, read_from)
            if step > 0 and not self.schedule.cut(step):
                self._steps[step - 1].dh.addcmul_(s.dh_carried, s.z_carried)
        x1 = self.hx1[: self.schedule.rows, self.hidden :]
        by_row = torch.bmm(self.dn, x1.transpose(1, 2))
        gradient = torch.zeros_like(self._input_part)
        self._input_part_gradient = gradient.index_add_(0, self._model_of_row, by_row)
