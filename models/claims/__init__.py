"""Claims: statements of the literature, each with an experiment and a rule for its verdict.

A new one is a ``Claim`` in a file beside these and a line in CLAIMS. Imports analysis, experiment,
cells and tasks.
"""

from __future__ import annotations

from models.claims.claim import Case, Claim, Measured
from models.claims.clipping import CLIPPING_RESCUES
from models.claims.early_inputs import EARLY_LEARN_LESS
from models.claims.forgetting import FORGETS_BEYOND_TEN
from models.claims.gates import BIAS_DECIDES, SPECIALISE
from models.claims.gru_and_lstm import GRU_AS_GOOD
from models.claims.instability import LONGER_IS_WORSE, TANH_KEEPS
from models.claims.long_sequences import GATED_HANDLE, LATCH, PREDICTS
from models.claims.normalisation import BATCH_NORM, LAYER_NORM
from models.claims.paths import C_SURVIVES, OTHERS_EXPLODE

__all__ = ["CLAIMS", "Case", "Claim", "Measured", "number_of"]

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        LONGER_IS_WORSE,
        TANH_KEEPS,
        BATCH_NORM,
        LAYER_NORM,
        FORGETS_BEYOND_TEN,
        EARLY_LEARN_LESS,
        C_SURVIVES,
        OTHERS_EXPLODE,
        SPECIALISE,
        GRU_AS_GOOD,
        GATED_HANDLE,
        LATCH,
        BIAS_DECIDES,
        PREDICTS,
        CLIPPING_RESCUES,
    )
}
"""The claims by name, in their order."""


def number_of(claim: Claim) -> int:
    """The claim's number, from 1."""
    return [*CLAIMS].index(claim.name) + 1
