"""The optimisers. A new one is a file beside these and a line in OPTIMISERS."""

from __future__ import annotations

from models.optimisers.adam import Adam
from models.optimisers.optimiser import Optimiser
from models.optimisers.rmsprop import RMSprop
from models.optimisers.sgd import SGD
from models.settings import spec

OPTIMISERS: dict[str, type[Optimiser]] = {one.name: one for one in (Adam, RMSprop, SGD)}


def make_optimiser(text: str) -> Optimiser:
    """Makes the optimiser that a spec text such as ``sgd:momentum=0`` names. Raises SpecError."""
    optimiser, options = spec.parse("optimiser", text, OPTIMISERS)
    return optimiser(**options)
