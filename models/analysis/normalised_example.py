"""What layer and batch normalisation do, on a small table of pre-activations."""

from __future__ import annotations

import numpy as np

AXIS = {"layer": 0, "batch": 1}
"""The axis of (units, sequences) that each normalisation is over."""
UNITS, SEQUENCES = 8, 12
EPSILON = 1e-5
"""The ε that is added to variances, as in ``models.cells.normalisation``."""


def pre_activations() -> np.ndarray:
    """Pre-activations (units, sequences) of one time step; units and sequences differ in size."""
    rng = np.random.default_rng(0)
    of_units, of_sequences = rng.normal(0, 1, (UNITS, 1)), rng.normal(0, 1, (1, SEQUENCES))
    scale = np.exp(rng.normal(0, 0.5, (UNITS, 1)))
    return np.asarray(of_units + of_sequences + scale * rng.normal(0, 1, (UNITS, SEQUENCES)))


def normalised(values: np.ndarray, norm: str, gamma: float) -> np.ndarray:
    """The same, (units, sequences), with mean 0 and spread ``gamma``.

    Layer normalisation is over the units of each sequence (Ba, Kiros & Hinton 2016, eq. 2 to 4),
    batch normalisation over the sequences of each unit (Cooijmans et al. 2016, eq. 3).
    """
    axis = AXIS[norm]
    centred = values - values.mean(axis, keepdims=True)
    return np.asarray(gamma * centred / np.sqrt(values.var(axis, keepdims=True) + EPSILON))
