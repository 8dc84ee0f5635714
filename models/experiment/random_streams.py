"""Every random number comes from a stream of its own, named by model and purpose."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What the numbers are for; streams never meet, whatever is drawn from them."""

    INITIALISATION = 0
    TRAINING = 1
    HELD_OUT = 2
    VALIDATION = 3
    PROFILE = 4
    INSIDE = 5
    PROBE = 6


def generator(seed: int, length: int, stream: Stream) -> np.random.Generator:
    """The stream of all models with this seed and length.

    It depends neither on the cell nor on the learning rate: cells are compared on the same data.
    """
    return np.random.default_rng((seed, length, int(stream)))
