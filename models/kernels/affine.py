"""The pre-activations of all gates, a = W_h h_{t-1} + W_x x_t + b, and the way back through them.

Without normalisation W = [W_h | W_x | b] is one matrix, which meets z = [h; x; 1] in one product a
step. With it each of the two products is normalised by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from models.kernels.compiled import compiled
from models.kernels.normalisation import normalise, normalise_backward
from models.kernels.products import add, add_bias, add_product, add_row_sums, copy


class Affine(NamedTuple):
    """The numbers of this part of a pass of B sequences, of at most T steps.

    R = gates·H is the number of rows of W_h, F = H + D + 1 that of columns of W.
    """

    W: np.ndarray
    """[W_h | W_x | b], (R, F)."""
    W_h_transposed: np.ndarray
    """(H, R)."""
    z: np.ndarray
    """[h_{t-1}; x_t; 1] of every step, and after the last its h, (T + 1, F, B)."""
    a: np.ndarray
    """The pre-activations of one step, (R, B)."""
    part: np.ndarray
    """A part of them, or of their gradient, on its way, (R, B)."""
    da: np.ndarray
    """∂L/∂a of one step, (R, B)."""
    dW: np.ndarray
    """∂L/∂W of the steps so far, (R, F)."""
    dh: np.ndarray
    """∂L/∂h before and after every step, (T + 1, H, B)."""
    W_x_transposed: np.ndarray
    """(D, R)."""
    dx: np.ndarray
    """∂L/∂x of every step, (T, D, B), where ``to_inputs`` asks for it."""


@compiled
def begin(w: Any, x: np.ndarray, affine: Affine) -> None:
    """Takes the weights and the inputs x, (T, D, B), of a model."""
    rows, hidden = w.W_h.shape
    inputs = w.W_x.shape[1]
    for row in range(rows):
        for unit in range(hidden):
            affine.W[row, unit] = affine.W_h_transposed[unit, row] = w.W_h[row, unit]
        for feature in range(inputs):
            affine.W[row, hidden + feature] = w.W_x[row, feature]
            affine.W_x_transposed[feature, row] = w.W_x[row, feature]
        affine.W[row, hidden + inputs] = w.b[row, 0]
    affine.z[0, :hidden] = 0
    for t in range(len(x)):
        for feature in range(inputs):
            for b in range(x.shape[2]):
                affine.z[t, hidden + feature, b] = x[t, feature, b]


@compiled
def preactivate(t: int, w: Any, options: Any, affine: Affine, x: Any, h: Any) -> None:
    """Writes a of step t; ``x`` and ``h`` are the sites of the two products, or None."""
    if x is None:
        np.dot(affine.W, affine.z[t], out=affine.a)
    else:
        hidden, inputs = w.W_h.shape[1], w.W_x.shape[1]
        np.dot(w.W_x, affine.z[t, hidden : hidden + inputs], out=affine.a)
        np.dot(w.W_h, affine.z[t, :hidden], out=affine.part)
        normalise(t, affine.a, w.gamma_x, options, x)
        normalise(t, affine.part, w.gamma_h, options, h)
        add(affine.part, affine.a)
        add_bias(w.b, affine.a)


@compiled
def preactivate_backward(
    t: int, w: Any, g: Any, options: Any, affine: Affine, x: Any, h: Any
) -> None:
    """From ∂L/∂a of step t, in ``affine.da``, to the weights, to x, and to h of the step before."""
    before = affine.dh[t]
    if x is None:
        # a = W z: ∂W += ∂a zᵀ, ∂h = W_hᵀ ∂a.
        add_product(affine.da, affine.z[t], affine.dW)
        np.dot(affine.W_h_transposed, affine.da, out=before)
    else:
        hidden, inputs = w.W_h.shape[1], w.W_x.shape[1]
        add_row_sums(affine.da, g.b)
        copy(affine.da, affine.part)
        normalise_backward(t, affine.part, w.gamma_h, g.gamma_h, options, h)
        add_product(affine.part, affine.z[t, :hidden], g.W_h)
        np.dot(affine.W_h_transposed, affine.part, out=before)
        normalise_backward(t, affine.da, w.gamma_x, g.gamma_x, options, x)
        add_product(affine.da, affine.z[t, hidden : hidden + inputs], g.W_x)
    if options.to_inputs:
        np.dot(affine.W_x_transposed, affine.da, out=affine.dx[t])


@compiled
def add_read(t: int, steps: int, read: np.ndarray, affine: Affine) -> None:
    """Adds to ∂L/∂h_t what the loss reads of it directly, ``read`` (n, H, B) of the last steps."""
    first = steps - len(read)
    if t >= first:
        add(read[t - first], affine.dh[t + 1])


@compiled
def is_cut(t: int, steps: int, truncate: int) -> bool:
    """Whether truncation keeps the gradient from going from step t to the one before."""
    return truncate > 0 and (steps - t) % truncate == 0


@compiled
def end_backward(g: Any, affine: Affine, x: Any) -> None:
    """Hands out ∂L/∂W, in a cell without normalised products."""
    if x is None:
        rows, hidden = g.W_h.shape
        inputs = g.W_x.shape[1]
        for row in range(rows):
            for unit in range(hidden):
                g.W_h[row, unit] = affine.dW[row, unit]
            for feature in range(inputs):
                g.W_x[row, feature] = affine.dW[row, hidden + feature]
            g.b[row, 0] = affine.dW[row, hidden + inputs]
