"""Published results: experiments of papers in their own setting, the paper's numbers beside ours.

A new one is a ``PublishedResult`` in a file beside these and a line in PUBLISHED. Imports exchange,
training, analysis and experiment.
"""

from __future__ import annotations

from models.published.adding import ARJOVSKY_ADDING, TALLEC_ADDING
from models.published.copying import ARJOVSKY_COPY, BAI_COPY
from models.published.hochreiter import FOUR_UNITS, HOCHREITER_ADDING, HOCHREITER_ORDER
from models.published.latch import BENGIO_LATCH, PALINDROME
from models.published.pascanu import PASCANU_CLIPPING
from models.published.published import Comparison, PublishedResult

__all__ = ["PUBLISHED", "Comparison", "PublishedResult"]

PUBLISHED: dict[str, PublishedResult] = {
    result.name: result
    for result in (
        BENGIO_LATCH,
        HOCHREITER_ADDING,
        HOCHREITER_ORDER,
        FOUR_UNITS,
        PASCANU_CLIPPING,
        ARJOVSKY_ADDING,
        ARJOVSKY_COPY,
        TALLEC_ADDING,
        BAI_COPY,
        PALINDROME,
    )
}
"""The published results by name, in the order of their papers."""
