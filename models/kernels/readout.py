"""The linear readout of one model at its last steps, and the gradient of its loss, compiled."""

from __future__ import annotations

import numpy as np

from models.kernels.compiled import compiled


@compiled
def read_out(V: np.ndarray, b: np.ndarray, z: np.ndarray, steps: int, outputs: np.ndarray) -> None:
    """Writes V h_t + b of the last n steps into ``outputs``, (n, O, B).

    The first rows of ``z[t]`` are h before step t, those of ``z[t + 1]`` h after it.
    """
    hidden, first = V.shape[1], steps + 1 - len(outputs)
    for k in range(len(outputs)):
        np.dot(V, z[first + k, :hidden], out=outputs[k])
        outputs[k] += b


@compiled
def read_out_backward(
    V: np.ndarray,
    z: np.ndarray,
    steps: int,
    d: np.ndarray,
    dV: np.ndarray,
    db: np.ndarray,
    read: np.ndarray,
) -> None:
    """From ∂L/∂outputs of the last n steps, ``d`` (n, O, B), to V, b, and h in ``read``."""
    hidden, first = V.shape[1], steps + 1 - len(d)
    V_transposed = V.T.copy()
    for k in range(len(d)):
        np.dot(V_transposed, d[k], out=read[k])
        dV[:] += np.dot(d[k], z[first + k, :hidden].T)
        db[:] += d[k].sum(axis=1).reshape(db.shape)


@compiled
def cross_entropy_backward(
    outputs: np.ndarray, targets: np.ndarray, scale: float, d: np.ndarray
) -> None:
    """Writes ∂/∂outputs of scale · cross-entropy, (n, O, B), summed over steps and sequences.

    ``targets`` are (n, B), the numbers of the right classes.
    """
    zero, factor = outputs.dtype.type(0), outputs.dtype.type(scale)
    steps, classes, sequences = outputs.shape
    for k in range(steps):
        for b in range(sequences):
            largest, total = outputs[k, 0, b], zero
            for j in range(1, classes):
                largest = max(largest, outputs[k, j, b])
            for j in range(classes):
                d[k, j, b] = np.exp(outputs[k, j, b] - largest)
                total += d[k, j, b]
            for j in range(classes):
                d[k, j, b] *= factor / total
            d[k, targets[k, b], b] -= factor


@compiled
def squared_error_backward(
    outputs: np.ndarray, targets: np.ndarray, scale: float, d: np.ndarray
) -> None:
    """Writes ∂/∂outputs of scale · (output - target)², (n, 1, B); ``targets`` are (n, B)."""
    factor = outputs.dtype.type(2 * scale)
    d[:, 0] = factor * (outputs[:, 0] - targets)


LOSS_BACKWARD = {
    "cross_entropy": cross_entropy_backward,
    "squared_error": squared_error_backward,
}
"""The gradient of each loss of a task, by its name."""
