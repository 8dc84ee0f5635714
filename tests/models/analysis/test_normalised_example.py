"""The example of a normalisation, against the cells' own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.analysis.normalised_example import normalised, pre_activations
from models.cells.normalisation import NORMALISE


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_the_example_is_normalised_as_cells_do(norm: str) -> None:
    before = pre_activations()
    gamma = torch.full((len(before), 1), 0.1, dtype=torch.float64)
    expected = NORMALISE[norm]("a", torch.as_tensor(before), gamma).numpy()
    assert normalised(before, norm, 0.1) == pytest.approx(expected)
    assert not np.allclose(expected, normalised(before, "batch" if norm == "layer" else "layer", 1))
