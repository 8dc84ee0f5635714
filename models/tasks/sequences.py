"""What several tasks make their sequences of: one-hot symbols, and windows of time steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.tasks.task import Batch

Window = tuple[int, int]
"""A range of time steps from 0: its first step, and the one after its last."""


def one_hot(symbols: np.ndarray, alphabet: int) -> np.ndarray:
    """Returns symbol numbers (steps, sequences) as float32 (steps, alphabet, sequences)."""
    encoded: np.ndarray = symbols[:, None, :] == np.arange(alphabet)[:, None]
    return encoded.astype(np.float32)


def symbol_probe(
    rng: np.random.Generator, batch: Batch, t: int, low: int, high: int
) -> tuple[Batch, Batch]:
    """Returns the sequences with a symbol in [low, high) at step t, and with another such one."""
    _, alphabet, sequences = batch.inputs.shape
    symbols = rng.integers(low, high, sequences)
    others = low + (symbols - low + rng.integers(1, high - low, sequences)) % (high - low)
    first, second = one_hot(np.stack([symbols, others]), alphabet)
    return batch.changed(t, first), batch.changed(t, second)


def arrivals(windows: Sequence[Window], steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how probable it is that an event has come by the end of a step, and by its start.

    Each event comes at one step of its window, all as likely. Both are (windows, steps).
    """
    first, end = np.array(windows).T[..., None]
    come, earlier = (np.clip((over - first) / (end - first), 0, 1) for over in (steps + 1, steps))
    return come, earlier
