"""The GRU, unrolled; the equations are in ``models.cells.gru``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from models.cells.cell import Weights
from models.kernels.activations import sigmoid_backward, tanh, tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """One step's views; n is the number of active models, every state and gate is (n, H, B)."""

    W: Tensor
    """(n, 3H, H + inputs + 1)."""
    z_in: Tensor
    """[h; x; 1] that goes in, (n, H + inputs + 1, B)."""
    h_in: Tensor
    h: Tensor
    """What comes out."""
    gates: Tensor
    """Pre-activations, then r and z, with the recurrent part of n, (n, 3H, B)."""
    rz: Tensor
    r: Tensor
    z: Tensor
    h_n: Tensor
    """W_hn h + b_hn."""
    n: Tensor
    """W_xn x + b_n, then the candidate."""
    da_n: Tensor
    """On the way back, the gradient of the candidate's pre-activation."""
    dh: Tensor
    """∂L/∂h."""
    drz: Tensor
    """Of the gates, then of their pre-activations, (n, 2H, B)."""
    dr: Tensor
    dz: Tensor
    dh_n: Tensor
    dh_before: Tensor
    """∂L/∂h of the step before, (m, H, B), m models being active there."""
    dh_to_before: Tensor
    """dh of the same models."""
    z_to_before: Tensor


class GRUKernel(Kernel):
    """r, z = σ(W z_in);  n = tanh(x_n + r h_n);  h = z h + (1 - z) n.

    The candidate's input part x_n is not scaled by r, so it does not fit into the one product a
    step. It does not wait for h either: all steps' x_n are one product before the first.
    """

    def _allocate(self) -> None:
        self.n = self._zeros(self.schedule.rows, self.hidden)
        self.da_n = torch.zeros_like(self.n)
        self._model_of_row = torch.tensor(self.schedule.model_of_row, device=self.n.device)

    def _views(self, step: int) -> Step:
        H = self.hidden
        active = self.schedule.active[step]
        z_in = self._rows_at(self.z, step)
        gates = self._rows_at(self.activations, step)
        r, z, h_n = gates.chunk(3, dim=1)
        da = self._da[:active]
        dr, dz, dh_n = da.chunk(3, dim=1)
        dh = self._rows_at(self.gradients["h"], step)
        dh_before = self._rows_at(self.gradients["h"], step - 1) if step > 0 else dh[:0]
        before = len(dh_before)
        return Step(
            W=self.packed[:active],
            z_in=z_in,
            h_in=z_in[:, :H],
            h=self._rows_after(self.z, step)[:, :H],
            gates=gates,
            rz=gates[:, : 2 * H],
            r=r,
            z=z,
            h_n=h_n,
            n=self._rows_at(self.n, step),
            da_n=self._rows_at(self.da_n, step),
            dh=dh,
            drz=da[:, : 2 * H],
            dr=dr,
            dz=dz,
            dh_n=dh_n,
            dh_before=dh_before,
            dh_to_before=dh[:before],
            z_to_before=z[:before],
        )

    def pack(self, weights: Weights) -> None:
        """The candidate's rows are [W_hn | 0 | b_hn]; its input part is kept beside."""
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
        x = self.z[: self.schedule.rows, self.hidden :]
        torch.bmm(self._input_part[self._model_of_row], x, out=self.n)
        for s in self._steps:
            torch.bmm(s.W, s.z_in, out=s.gates)
            torch.sigmoid(s.rz, out=s.rz)
            s.n.addcmul_(s.r, s.h_n)
            tanh(s.n, out=s.n)
            torch.lerp(s.n, s.h_in, s.z, out=s.h)

    def backward(self, read_from: int) -> None:
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            torch.addcmul(s.dh, s.dh, s.z, value=-1, out=s.da_n)
            tanh_backward(s.da_n, s.n, grad_input=s.da_n)
            torch.mul(s.da_n, s.r, out=s.dh_n)
            torch.mul(s.da_n, s.h_n, out=s.dr)
            torch.sub(s.h_in, s.n, out=s.dz)
            s.dz.mul_(s.dh)
            sigmoid_backward(s.drz, s.rz, grad_input=s.drz)

            self._backprop_product(step, read_from)
            if not self.schedule.cut(step):
                s.dh_before.addcmul_(s.dh_to_before, s.z_to_before)
        x = self.z[: self.schedule.rows, self.hidden :]
        by_row = torch.bmm(self.da_n, x.transpose(1, 2))
        gradient = torch.zeros_like(self._input_part)
        self._input_part_gradient = gradient.index_add_(0, self._model_of_row, by_row)
