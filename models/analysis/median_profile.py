"""The gradient profile of a cell: the median over its seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Phase = Literal["initialisation", "now"]


@dataclass(frozen=True)
class Profile:
    """One line of a figure: the median over seeds of ‖∂L/∂state_t‖, t from 1 to T.

    The median of an even number of seeds is the geometric mean of the middle two, as on a log axis.
    """

    cell: str
    step: int
    t: tuple[int, ...]
    norms: tuple[float, ...]
    """The medians; NaN where one is 0 or not finite and so has no place on a log axis."""
    zeros: int
    """The number of t at which some seed's gradient is exactly 0."""


def profile(rows: pd.DataFrame, phase: Phase) -> Profile | None:
    """The line of one cell's rows at one length and state; None where nothing is measured."""
    steps = rows["step"]
    chosen = rows[steps == (0 if phase == "initialisation" else steps.max())]
    if chosen.empty:
        return None
    t = np.unique(chosen["t"])
    ordered = chosen.sort_values(["t", "seed"])["gradient_norm"]
    norms = ordered.to_numpy(dtype=float).reshape(len(t), -1)
    # A gradient that is not a number has overflowed; the logarithm of 0 is -inf.
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(np.isnan(norms), np.inf, norms))
        medians = np.exp(np.median(logs, axis=1))
    return Profile(
        cell=str(chosen["cell"].iloc[0]),
        step=int(chosen["step"].iloc[0]),
        t=tuple(t.tolist()),
        norms=tuple(float(norm) if 0 < norm < np.inf else np.nan for norm in medians),
        zeros=int((norms == 0).any(axis=1).sum()),
    )
