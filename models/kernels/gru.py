"""The GRU, unrolled; the equations are in ``models.cells.gru``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from models.cells.cell import Weights
from models.kernels.derivatives import sigmoid_backward, tanh_backward
from models.kernels.kernel import Kernel


class Step(NamedTuple):
    """One step's views; n is the number of active models, every state and gate is (n, H, B)."""

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


class GRUKernel(Kernel):
    """r, z = σ(W z_in);  n = tanh(x_n + r h_n);  h = z h + (1 - z) n.

    The candidate's input part x_n is not scaled by r, so it does not fit into the one product a
    step. It does not wait for h either: all steps' x_n are one product before the first.
    """

    gates = 3

    def _allocate(self) -> None:
        self.n = self._zeros(self.schedule.rows, self.hidden)
        self.da_n = torch.zeros_like(self.n)
        self._model_of_row = torch.tensor(self.schedule.model_of_row, device=self.n.device)
        self._da = self._zeros(self.schedule.models, 3 * self.hidden)

    def _views(self, step: int) -> Step:
        z_in = self._now(self.z, step)
        gates = self._now(self.activations, step)
        r, z, h_n = gates.chunk(3, dim=1)
        return Step(
            z_in=z_in,
            h_in=z_in[:, : self.hidden],
            h=self._next(self.z, step)[:, : self.hidden],
            gates=gates,
            rz=gates[:, : 2 * self.hidden],
            r=r,
            z=z,
            h_n=h_n,
            n=self._now(self.n, step),
            da_n=self._now(self.da_n, step),
            dh=self._now(self.gradients["h"], step),
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
        b_hn = self.packed_gradient[:, 2 * H :, -1:].clone()
        self.packed_gradient[:, 2 * H :, H:] = self._input_part_gradient
        return {**super().unpack(), "b_hn": b_hn}

    def forward(self) -> None:
        x = self.z[: self.schedule.rows, self.hidden :]
        torch.bmm(self._input_part[self._model_of_row], x, out=self.n)
        for s in self._steps:
            torch.bmm(self.packed[: len(s.z)], s.z_in, out=s.gates)
            torch.sigmoid(s.rz, out=s.rz)
            s.n.addcmul_(s.r, s.h_n)
            torch.tanh(s.n, out=s.n)
            torch.lerp(s.n, s.h_in, s.z, out=s.h)

    def backward(self, read_from: int) -> None:
        H = self.hidden
        for step in reversed(range(self.schedule.steps)):
            s = self._steps[step]
            n = len(s.z)
            da = self._da[:n]
            da_r, da_z, dh_n = da.chunk(3, dim=1)

            torch.addcmul(s.dh, s.dh, s.z, value=-1, out=s.da_n)
            tanh_backward(s.da_n, s.n, grad_input=s.da_n)
            torch.mul(s.da_n, s.r, out=dh_n)
            torch.mul(s.da_n, s.h_n, out=da_r)
            torch.sub(s.h_in, s.n, out=da_z)
            da_z.mul_(s.dh)
            sigmoid_backward(da[:, : 2 * H], s.rz, grad_input=da[:, : 2 * H])

            self.packed_gradient[:n].baddbmm_(da, s.z_in.transpose(1, 2))
            self._to_previous_h(step, da, read_from)
            if step > 0:
                before = self._before[step]
                m = len(before)
                before.addcmul_(s.dh[:m], s.z[:m])
        x = self.z[: self.schedule.rows, H:]
        by_row = torch.bmm(self.da_n, x.transpose(1, 2))
        gradient = torch.zeros_like(self._input_part)
        self._input_part_gradient = gradient.index_add_(0, self._model_of_row, by_row)
