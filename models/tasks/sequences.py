"""What several tasks make their sequences of: one-hot symbols, and windows of time steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.tasks.task import Batch, SequenceError

Window = tuple[int, int]
"""A range of time steps from 0: its first step, and the one after its last."""


def one_hot(symbols: np.ndarray, alphabet: int) -> np.ndarray:
    """Returns symbol numbers (steps, sequences) as float32 (steps, alphabet, sequences)."""
    encoded: np.ndarray = symbols[:, None, :] == np.arange(alphabet)[:, None]
    return encoded.astype(np.float32)


def read_symbols(text: str, alphabet: str, wanted: int, noun: str = "steps") -> np.ndarray:
    """Returns the numbers of the symbols in a text, (wanted, 1); white space says nothing.

    Raises SequenceError where there is another sign, or another number of symbols.
    """
    signs = "".join(text.split())
    for t, sign in enumerate(signs, start=1):
        if sign not in alphabet:
            raise SequenceError(
                f"{sign!r} at step {t} is no symbol of this task: use {', '.join(alphabet)}."
            )
    check_steps(len(signs), wanted, noun)
    return np.array([alphabet.index(sign) for sign in signs])[:, None]


def check_steps(found: int, wanted: int, noun: str = "steps") -> None:
    """Raises SequenceError where there are more or fewer steps than wanted, or of what ``noun``."""
    if found != wanted:
        change = f"add {wanted - found}" if found < wanted else f"take {found - wanted} away"
        raise SequenceError(f"The model reads {wanted} {noun}, and here are {found}: {change}.")


def symbol_probe(
    rng: np.random.Generator, batch: Batch, t: int, low: int, high: int
) -> tuple[Batch, Batch]:
    """Returns the sequences with a symbol in [low, high) at step t, and with another such one."""
    _, alphabet, sequences = batch.inputs.shape
    first, second = one_hot(np.stack(two_symbols(rng, sequences, low, high)), alphabet)
    return batch.changed(t, first), batch.changed(t, second)


def two_symbols(
    rng: np.random.Generator, sequences: int, low: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a symbol number in [low, high) for each sequence, and another such one."""
    symbols = rng.integers(low, high, sequences)
    others = low + (symbols - low + rng.integers(1, high - low, sequences)) % (high - low)
    return symbols, others


def arrivals(windows: Sequence[Window], steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how probable it is that an event has come by the end of a step, and by its start.

    Each event comes at one step of its window, all as likely. Both are (windows, steps).
    """
    first, end = np.array(windows).T[..., None]
    come, earlier = (np.clip((over - first) / (end - first), 0, 1) for over in (steps + 1, steps))
    return come, earlier
