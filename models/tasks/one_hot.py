"""Symbol numbers as one-hot input."""

from __future__ import annotations

import numpy as np


def one_hot(symbols: np.ndarray, alphabet: int) -> np.ndarray:
    """Integers (steps, sequences) below ``alphabet`` -> float32 (steps, alphabet, sequences)."""
    encoded: np.ndarray = symbols[:, None, :] == np.arange(alphabet)[:, None]
    return encoded.astype(np.float32)
