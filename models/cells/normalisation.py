"""Layer and batch normalisation inside a cell, and ``no_norm`` for a cell without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 1e-5
"""The ε that is added to variances before the square root."""

Normalise = Callable[..., "Tensor"]
"""A function (site, a, gamma, beta=None) that returns ``a`` normalised, times gamma, plus beta.

``site`` names the place in the cell, for a normalisation that keeps statistics. ``a`` and what is
returned are (..., features, B), gamma and beta (..., features, 1), or None in a cell without them.
"""


def no_norm(site: str, a: Tensor, gamma: Tensor | None, beta: Tensor | None = None) -> Tensor:
    """Returns ``a`` itself: no normalisation."""
    return a


def layer_norm(site: str, a: Tensor, gamma: Tensor, beta: Tensor | None = None) -> Tensor:
    """Normalises every sequence by itself, over features (Ba, Kiros & Hinton 2016, eq. 2 to 4)."""
    return scaled(a, a.mean(-2, keepdim=True), a.var(-2, correction=0, keepdim=True), gamma, beta)


def batch_norm(site: str, a: Tensor, gamma: Tensor, beta: Tensor | None = None) -> Tensor:
    """Normalises every feature over the sequences of this batch (Cooijmans et al. 2016, eq. 3).

    ``models.kernels.batch_norm`` is the one that also keeps running statistics of each time step.
    """
    return scaled(a, a.mean(-1, keepdim=True), a.var(-1, correction=0, keepdim=True), gamma, beta)


def scaled(a: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor | None) -> Tensor:
    """Returns γ (a - mean) / √(variance + ε) + β in the shape of ``a``; no ``beta`` is 0."""
    normalised = gamma * (a - mean) * (variance + EPSILON).rsqrt()
    return normalised if beta is None else normalised + beta


NORMALISE: dict[str, Normalise] = {"none": no_norm, "layer": layer_norm, "batch": batch_norm}
"""The normalisation for each value of a cell's option ``norm``."""
