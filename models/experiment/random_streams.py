"""Random streams: each purpose of each model draws its numbers from a generator of its own."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """The purpose of random numbers; what is drawn for one never changes those of another."""

    INITIALISATION = 0
    """The first parameters of a model."""
    TRAINING = 1
    """The sequences of the optimiser steps."""
    HELD_OUT = 2
    """The sequences of the evaluations."""
    VALIDATION = 3
    """The sequences that choose the learning rate."""
    PROFILE = 4
    """The sequences of gradient profiles, diagnostics and influence."""
    INSIDE = 5
    """The sequences on which a trained model is looked into."""
    PROBE = 6
    """The sequences to which linear probes are fitted."""
    GAME = 7
    """The sequences that people see who do a task themselves."""
    TRAINING_SET = 8
    """The batches of a finite training set, and the order in which they come."""


def generator(seed: int, length: int, stream: Stream, *parts: int) -> np.random.Generator:
    """The generator of a stream for all models with this seed and length.

    It depends neither on the cell nor on the learning rate: cells are compared on the same data.
    ``parts``, from 1, tell apart what is drawn from one stream but not one after the other.
    """
    return np.random.default_rng((seed, length, int(stream), *parts))
