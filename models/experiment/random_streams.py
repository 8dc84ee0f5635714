"""Random streams: each purpose of each model draws its numbers from a generator of its own."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """The purpose of random numbers; what is drawn for one never changes those of another."""

    INITIALISATION = 0
    TRAINING = 1
    HELD_OUT = 2
    VALIDATION = 3
    PROFILE = 4
    INSIDE = 5
    PROBE = 6


def generator(seed: int, length: int, stream: Stream) -> np.random.Generator:
    """The generator of a stream for all models with this seed and length.

    It depends neither on the cell nor on the learning rate: cells are compared on the same data.
    """
    return np.random.default_rng((seed, length, int(stream)))
