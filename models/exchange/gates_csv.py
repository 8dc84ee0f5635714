"""Makes the table of gates.csv: a trained cell's gates and states, one row a step and unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def gates_table(
    model: Mapping[str, object], t: ArrayLike, values: Mapping[str, ArrayLike]
) -> pd.DataFrame:
    """Returns the table: the columns of ``model``, which say which it is, t, gate, unit, value.

    Units count from 1. ``values`` are (steps, H), by the name of the gate or state: those of a
    ``GateTrace``, or of the answer to the question ``trace``.
    """
    parts = []
    for name, own in values.items():
        table = np.asarray(own)
        steps, hidden = table.shape
        columns = {
            "t": np.repeat(np.asarray(t), hidden),
            "gate": name,
            "unit": np.tile(np.arange(1, hidden + 1), steps),
            "value": table.ravel(),
        }
        parts.append(pd.DataFrame({**model, **columns}))
    return pd.concat(parts, ignore_index=True)
