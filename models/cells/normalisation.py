"""Normalisation inside a cell: of what, and how. ``no_norm`` leaves everything as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 1e-5
"""Added to variances."""

Normalise = Callable[..., "Tensor"]
"""(site, a, gamma, beta=None) -> a, normalised, times gamma, plus beta.

``site`` names the place in the cell, ``a`` is (..., features, B), gamma and beta (..., features, 1)
where the cell has them.
"""


def no_norm(site: str, a: Tensor, gamma: Tensor | None, beta: Tensor | None = None) -> Tensor:
    """No normalisation: returns ``a`` itself."""
    return a


def layer_norm(site: str, a: Tensor, gamma: Tensor, beta: Tensor | None = None) -> Tensor:
    """Normalises every sequence by itself, over features (Ba, Kiros & Hinton 2016, eq. 2 to 4)."""
    return scaled(a, a.mean(-2, keepdim=True), a.var(-2, correction=0, keepdim=True), gamma, beta)


def batch_norm(site: str, a: Tensor, gamma: Tensor, beta: Tensor | None = None) -> Tensor:
    """Normalises every feature over the sequences of this batch (Cooijmans et al. 2016, eq. 3).

    ``models.kernels.batch_norm`` also keeps running statistics of each time step.
    """
    return scaled(a, a.mean(-1, keepdim=True), a.var(-1, correction=0, keepdim=True), gamma, beta)


def scaled(a: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor | None) -> Tensor:
    """γ (a - mean) / √(variance + ε) + β."""
    normalised = gamma * (a - mean) * (variance + EPSILON).rsqrt()
    return normalised if beta is None else normalised + beta


NORMALISE: dict[str, Normalise] = {"none": no_norm, "layer": layer_norm, "batch": batch_norm}
"""By the cell's option ``norm``."""
