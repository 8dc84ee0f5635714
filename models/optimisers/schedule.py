"""How the learning rate changes from the first optimiser step to the last."""

from __future__ import annotations

import math
from typing import Literal, get_args

Schedule = Literal["constant", "linear", "cosine"]
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)


def rate_factor(schedule: Schedule, step: int, steps: int) -> float:
    """The factor on the learning rate in optimiser step number ``step`` of ``steps``, from 1.

    It is 1 in the first step; linear and cosine (Loshchilov & Hutter 2017, eq. 5, without restarts)
    would reach 0 one step after the last.
    """
    done = (step - 1) / steps
    match schedule:
        case "constant":
            return 1.0
        case "linear":
            return 1 - done
        case "cosine":
            return (1 + math.cos(math.pi * done)) / 2
