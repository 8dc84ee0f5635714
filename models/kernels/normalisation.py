"""Layer and batch normalisation inside a kernel, forward and backward, compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from models.kernels.compiled import compiled

NONE, LAYER, BATCH = 0, 1, 2
NORMS = {"none": NONE, "layer": LAYER, "batch": BATCH}
"""The numbers by which kernels know normalisations."""


class Site(NamedTuple):
    """A place in a cell that is normalised, with what the way back needs of every step."""

    normal: np.ndarray
    """What was normalised, before γ, (T, rows, B)."""
    inverse: np.ndarray
    """1 / √(variance + ε): (T, B) of layer normalisation, (T, rows) of batch normalisation."""
    mean: np.ndarray
    """The means of batch normalisation that were used, (T, rows)."""
    variance: np.ndarray
    """Its variances, (T, rows)."""


@compiled
def normalise(t: int, a: np.ndarray, gamma: np.ndarray, options: Any, site: Any) -> None:
    """Replaces a, (rows, B), by γ â with â = (a - mean) / √(variance + ε), and keeps â at step t.

    Layer normalisation is over the rows of each sequence, batch normalisation over the sequences of
    each row, or with its running statistics, which then stand in ``site.mean`` and ``variance``.
    """
    rows, sequences = a.shape
    one = a.dtype.type(1)
    epsilon = a.dtype.type(1e-5)
    inverse, normal = site.inverse[t], site.normal[t]
    if options.norm == LAYER:
        mean, variance = np.zeros(sequences, a.dtype), np.zeros(sequences, a.dtype)
        share = one / a.dtype.type(rows)
        for row in range(rows):
            for b in range(sequences):
                mean[b] += a[row, b] * share
        for row in range(rows):
            for b in range(sequences):
                variance[b] += (a[row, b] - mean[b]) * (a[row, b] - mean[b]) * share
        for b in range(sequences):
            inverse[b] = one / np.sqrt(variance[b] + epsilon)
        for row in range(rows):
            for b in range(sequences):
                normal[row, b] = (a[row, b] - mean[b]) * inverse[b]
                a[row, b] = gamma[row, 0] * normal[row, b]
        return
    if not options.running:
        share = one / a.dtype.type(sequences)
        zero = a.dtype.type(0)
        for row in range(rows):
            mean_of_row, variance_of_row = zero, zero
            for b in range(sequences):
                mean_of_row += a[row, b] * share
            for b in range(sequences):
                variance_of_row += (a[row, b] - mean_of_row) * (a[row, b] - mean_of_row) * share
            site.mean[t, row], site.variance[t, row] = mean_of_row, variance_of_row
    for row in range(rows):
        mean_of_row = site.mean[t, row]
        inverse[row] = one / np.sqrt(site.variance[t, row] + epsilon)
        for b in range(sequences):
            normal[row, b] = (a[row, b] - mean_of_row) * inverse[row]
            a[row, b] = gamma[row, 0] * normal[row, b]


@compiled
def normalise_backward(
    t: int, da: np.ndarray, gamma: np.ndarray, dgamma: np.ndarray, options: Any, site: Any
) -> None:
    r"""Replaces ∂L/∂(γ â), (rows, B), by ∂L/∂a, and adds ∂L/∂γ to ``dgamma``.

    With ∂â = γ ∂(γ â) and means over what the normalisation is over,
    ∂a = (∂â - mean(∂â) - â mean(∂â â)) / √(variance + ε)      (Ioffe & Szegedy 2015, section 3);
    running statistics are constants, ∂a = ∂â / √(variance + ε).
    """
    rows, sequences = da.shape
    one, zero = da.dtype.type(1), da.dtype.type(0)
    inverse, normal = site.inverse[t], site.normal[t]
    for row in range(rows):
        total = zero
        for b in range(sequences):
            total += da[row, b] * normal[row, b]
            da[row, b] *= gamma[row, 0]
        dgamma[row, 0] += total
    if options.running:
        for row in range(rows):
            for b in range(sequences):
                da[row, b] *= inverse[row]
    elif options.norm == LAYER:
        share = one / da.dtype.type(rows)
        mean, along = np.zeros(sequences, da.dtype), np.zeros(sequences, da.dtype)
        for row in range(rows):
            for b in range(sequences):
                mean[b] += da[row, b] * share
                along[b] += da[row, b] * normal[row, b] * share
        for row in range(rows):
            for b in range(sequences):
                da[row, b] = (da[row, b] - mean[b] - normal[row, b] * along[b]) * inverse[b]
    else:
        share = one / da.dtype.type(sequences)
        for row in range(rows):
            mean_of_row, along_row = zero, zero
            for b in range(sequences):
                mean_of_row += da[row, b] * share
                along_row += da[row, b] * normal[row, b] * share
            for b in range(sequences):
                moved = da[row, b] - mean_of_row - normal[row, b] * along_row
                da[row, b] = moved * inverse[row]
