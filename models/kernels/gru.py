"""The GRU unrolled over time; its equations are in ``models.cells.gru``."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from models.cells.cell import Weights
from models.kernels.activations import sigmoid_backward, tanh, tanh_backward
from models.kernels.kernel import Kernel, Step


class GRUStep(Step):
    """The views that one step of the GRU works on, (n, H, B) where no shape is given."""

    def __init__(self, kernel: GRUKernel, step: int) -> None:
        super().__init__(kernel, step)
        m, sigmoid_rows = self.active_before, 2 * kernel.hidden
        self.r, self.z, self.h_n = self.a.chunk(3, dim=1)
        """The two gates, and W_hn h_{t-1} + b_hn."""
        self.rz = self.a[:, :sigmoid_rows]
        """The gates with a σ, (n, 2H, B)."""
        self.n = kernel.rows_at(kernel.n, step)
        """W_xn x_t + b_n, then the candidate."""
        self.dn = kernel.rows_at(kernel.dn, step)
        """∂L/∂n, then of its pre-activation."""
        self.dr, self.dz, self.dh_n = self.da.chunk(3, dim=1)
        self.drz = self.da[:, :sigmoid_rows]
        """∂L/∂(r, z), then of their pre-activations, (n, 2H, B)."""
        self.dh_carried, self.z_carried = self.dh[:m], self.z[:m]
        """∂L/∂h_t and z of the models that are active at the step before, (m, H, B)."""


class GRUKernel(Kernel[GRUStep]):
    """r, z = σ(W [h; x; 1]);  n = tanh(x_n + r h_n);  h = z h + (1 - z) n.

    The candidate's input part x_n is not scaled by r, so it does not fit into the one product a
    step. It does not wait for h either: all steps' x_n are one product before the first.
    """

    def _allocate(self) -> None:
        self.n = self._zeros(self.schedule.rows, self.hidden)
        self.dn = torch.zeros_like(self.n)
        self._model_of_row = torch.tensor(self.schedule.model_of_row, device=self.n.device)

    def _step(self, step: int) -> GRUStep:
        return GRUStep(self, step)

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
            torch.bmm(s.W, s.hx1, out=s.a)
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
