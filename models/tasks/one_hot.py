"""Symbol numbers as one-hot input."""

from __future__ import annotations

import numpy as np

from models.tasks.task import Batch


def one_hot(symbols: np.ndarray, alphabet: int) -> np.ndarray:
    """Integers (steps, sequences) below ``alphabet`` -> float32 (steps, alphabet, sequences)."""
    encoded: np.ndarray = symbols[:, None, :] == np.arange(alphabet)[:, None]
    return encoded.astype(np.float32)


def symbol_probe(
    rng: np.random.Generator, batch: Batch, t: int, low: int, high: int
) -> tuple[Batch, Batch]:
    """The sequences with a symbol from ``low`` to ``high`` - 1 at step t, and with another one."""
    _, alphabet, sequences = batch.inputs.shape
    symbols = rng.integers(low, high, sequences)
    others = low + (symbols - low + rng.integers(1, high - low, sequences)) % (high - low)
    first, second = one_hot(np.stack([symbols, others]), alphabet)
    return batch.changed(t, first), batch.changed(t, second)
