"""What a cell starts with, as one curve: how much of its state is left some steps later."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from models.cells import CELLS
from models.settings import spec

QUANTILES = (np.arange(200) + 0.5) / 200
"""Stand for the units of a layer whose biases are drawn."""


POINTS = 101
"""Most points of a curve."""


def kept_at_start(cell: str, steps: int) -> pd.DataFrame | None:
    """Returns the mean ``share`` of a unit's state that is left ``lag`` steps later.

    By the initial bias or gain alone, with no input, for sequences of so many steps: a gate keeps
    σ(bias) at every step, with chrono u/(1 + u), u from U[1, steps - 1] (Tallec & Ollivier 2018,
    eq. 16), an LSTM without a forget gate all of it; a simple RNN at most what its recurrent
    weights leave, their spectral radius. That of PyTorch's, U(±1/√H), is gain/√3 at large H. None
    for a cell whose normalisation sets the size of the state, and for one of which this is not
    known.
    """
    described, chosen = spec.parse("cell", cell, CELLS)
    if chosen.get("norm") != "none":
        return None
    if described.name == "rnn":
        radius = float(chosen["gain"]) / (math.sqrt(3) if chosen["init"] == "pytorch" else 1)
        kept = np.array([radius])
    elif "bias" not in chosen:
        return None
    elif chosen.get("forget_gate") == "no":
        kept = np.ones(1)
    elif chosen["bias"] == "chrono":
        u = 1 + QUANTILES * max(steps - 2, 0)
        kept = u / (1 + u)
    else:
        kept = np.array([1 / (1 + math.exp(-float(chosen["bias"])))])
    lags = np.unique(np.linspace(0, steps, POINTS).round().astype(int))
    return pd.DataFrame({"lag": lags, "share": (kept[:, None] ** lags).mean(axis=0)})
