"""Random numbers for parameters at initialisation, so that cells need not import torch."""

from __future__ import annotations

import torch
from torch import Tensor


class Draw:
    """Draws the parameters of one model, in float64, from one seeded stream in the order asked."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def uniform(self, shape: tuple[int, int], bound: float) -> Tensor:
        """Returns numbers from U[-bound, bound)."""
        return (2 * self._rand(shape) - 1) * bound

    def log_uniform(self, shape: tuple[int, int], most: float) -> Tensor:
        """Returns logarithms of numbers from U[1, most), or 0 where ``most`` is 1 or less."""
        return (1 + self._rand(shape) * max(most - 1, 0)).log()

    def orthogonal(self, size: int, blocks: int) -> Tensor:
        """Returns square orthogonal blocks below each other, (blocks·size, size)."""
        square = [torch.empty(size, size, dtype=torch.float64) for _ in range(blocks)]
        for block in square:
            torch.nn.init.orthogonal_(block, generator=self.generator)
        return torch.cat(square)

    def identity(self, size: int, blocks: int) -> Tensor:
        """Returns identity matrices below each other, (blocks·size, size)."""
        return torch.eye(size, dtype=torch.float64).repeat(blocks, 1)

    def constant(self, shape: tuple[int, int], value: float) -> Tensor:
        """Returns the same number everywhere."""
        return torch.full(shape, value, dtype=torch.float64)

    def _rand(self, shape: tuple[int, int]) -> Tensor:
        return torch.rand(shape, dtype=torch.float64, generator=self.generator)
