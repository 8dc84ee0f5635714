"""The Euclidean norm of float32 vectors of any scale."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def norm(values: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """Returns the Euclidean norm of ``values`` over the dimensions ``dim``, in float64.

    Squares of float32 underflow below 1e-19 and overflow above 1e19, long before the numbers
    themselves do; in double precision no square of theirs does. The result stays in double
    precision, as a norm over many numbers may be larger than each of them can be. It is inf or NaN
    only where a value is.
    """
    length: Tensor = torch.linalg.vector_norm(values, dim=dim, keepdim=keepdim, dtype=torch.float64)
    return length
