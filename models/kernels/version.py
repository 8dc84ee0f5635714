"""Which kernels run where, and their name in results."""

from __future__ import annotations

from importlib.util import find_spec

COMPILED = "compiled 1"
"""The compiled kernels; another number where what they compute changes in the last digit."""
REFERENCE = "reference 1"
"""The cells' readable step with autograd."""


def kernels_on(device: str) -> str:
    """Returns the name of the kernels that train on ``cpu`` or ``cuda`` here."""
    return COMPILED if device == "cpu" and find_spec("numba") else REFERENCE
