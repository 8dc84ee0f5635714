"""Products of many matrices, whose singular values end up hundreds of orders of magnitude apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ITERATIONS = 40
"""The number of QR iterations for the small singular values.

Each separates two of them, a > b, by another factor a/b. Those that are too close to be separated
by then are wrong by less than what is between them.
"""
DIRECT = 20.0
"""A singular value decomposition is exact down to so many nats below the largest value."""


@dataclass(frozen=True)
class ScaledProduct:
    """A stack of products of matrices (..., m, m) kept as U·diag(exp d)·V, in float64.

    What no floating point number can hold stays in d. Quantum Monte Carlo keeps long products so
    (Loh et al. 1992; with columns sorted beforehand: Tomas et al. 2012).
    """

    U: Tensor
    """The orthogonal factor, (..., m, m)."""
    d: Tensor
    """The natural logarithms of the diagonal factor, (..., m), falling."""
    V: Tensor
    """The remaining factor of moderate size, (..., m, m)."""

    @classmethod
    def identity(cls, models: int, size: int, device: torch.device) -> ScaledProduct:
        """The empty product of each model: identity matrices, (models, size, size)."""
        one = torch.eye(size, dtype=torch.float64, device=device).expand(models, size, size)
        return cls(one, one.new_zeros(models, size), one)

    @classmethod
    def stack(cls, many: Sequence[ScaledProduct]) -> ScaledProduct:
        """One stack (n, many, m, m) of several stacks (n, m, m)."""
        factors = zip(*((one.U, one.d, one.V) for one in many), strict=True)
        return cls(*(torch.stack(factor, dim=1) for factor in factors))

    def times(self, A: Tensor) -> ScaledProduct:
        """The product A·U·diag(exp d)·V with matrices A, (..., m, m)."""
        AU = A @ self.U
        order = _descending(torch.linalg.vector_norm(AU, dim=-2).log() + self.d)
        U, R = torch.linalg.qr(_permuted(AU.mT, order).mT)
        d, upper = _unit_rows(R, self.d.gather(-1, order))
        return ScaledProduct(U, d, upper @ _permuted(self.V, order))

    def log_singular_values(self) -> Tensor:
        """The natural logs of the singular values, (..., m), largest first; -inf for 0."""
        largest = self.d.amax(dim=-1, keepdim=True).nan_to_num(nan=torch.nan, neginf=0.0)
        scaled = (self.d - largest).exp()[..., None] * self.V
        direct = torch.linalg.svdvals(scaled.nan_to_num()).log() + largest
        exact = direct > direct[..., :1] - DIRECT
        return torch.where(exact, direct, self._iterated())

    def _iterated(self) -> Tensor:
        """The same by QR iteration, which never adds a small value to a large one.

        With V^T = Q·R, diag(exp d)·V has the singular values of R·diag(exp d), which is again
        diag(exp d')·V', with d' and V' nearer to them and to the identity.
        """
        d, V = self.d, self.V
        for _ in range(ITERATIONS):
            order = _descending(d)
            R = torch.linalg.qr(_permuted(V, order).mT).R
            d, V = _unit_rows(R, d.gather(-1, order))
        return d.sort(dim=-1, descending=True).values


def _unit_rows(R: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """The e (..., m) and N (..., m, m) with R·diag(exp d) = diag(exp e)·N and ±1 on N's diagonal.

    R is upper triangular.
    """
    diagonal = R.diagonal(dim1=-2, dim2=-1).abs()
    above = d[..., : diagonal.shape[-1]]
    e = diagonal.log() + above
    N = R * (d[..., None, :] - above[..., None]).triu().exp() / diagonal[..., None]
    one = torch.eye(*R.shape[-2:]).to(R)
    return e, torch.where(e.isneginf()[..., None], one, N)


def _descending(values: Tensor) -> Tensor:
    """The order that sorts values (..., m), largest first, (..., m)."""
    return values.argsort(dim=-1, descending=True, stable=True)


def _permuted(rows: Tensor, order: Tensor) -> Tensor:
    """The rows of matrices (..., m, m) in this order, (..., m)."""
    return rows.gather(-2, order[..., None].expand_as(rows))
