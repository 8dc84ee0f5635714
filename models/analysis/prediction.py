"""What the gradient at birth foretells: up to which length should a cell be trainable?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

Bound = Literal["<", "", ">"]

THRESHOLD = 0.01
"""The least ratio g_1/g_T at birth with which a model is said to be trainable, see below."""
SMALLEST = 1e-38
"""The smallest normal float32: stands in for a ratio that has become 0."""


def trainable_length(
    lengths: Sequence[int], first_over_last: Sequence[float]
) -> tuple[float, Bound]:
    """The longest length up to which the gradient ratio at birth stays at or above THRESHOLD.

    The ratio is g_1/g_T = ‖∂L/∂s_1‖ / ‖∂L/∂s_T‖ before the first training step, of the state that
    carries it best: the larger of those of h and c. There is one for each length; of several seeds
    it is the geometric mean. Between two lengths its log is interpolated in log T. The bound is
    "<" where it is below at the shortest length already and ">" where it never is; the length is
    then that one, as in ``models.analysis.memory_span``. What is not a number counts as below.

    THRESHOLD was chosen among powers of √10 so that most models are told rightly, solved in that
    run or not, in dashboard/examples/who_remembers.zip (temporal order, H = 32, Adam, clipping):
    52 of 60, where "solved" for all would be right for 40. On what it was not chosen for, it is
    right for 43 of 48 models (latch_trap.zip; the more frequent answer for all: 26) and 13 of 16
    (LITERATURE 4.3 without the LSTM, of which it has no c; 9). On adding (adding.zip at rate 0.01)
    it is right for 30 of 40 in who remembers (27), but for 20 in who has solved it (29): in 500
    steps most of those that remember do not come within the tolerance 99 times in 100. The ratio of
    h alone tells less, 45 of 60 in the first: an LSTM with chrono bias keeps 1e-3 of it over 200
    steps, and a quarter in c.

    Where it errs, it mostly foretells too little: the GRU with keep bias 1 learns temporal order
    over 100 steps at 1e-7 and adding over 200 at 1e-13, since Adam makes up for small gradients
    and the gate opens in training.
    """
    order = np.argsort(lengths)
    T = np.asarray(lengths, float)[order]
    ratio = np.nan_to_num(np.asarray(first_over_last, float)[order], posinf=1 / SMALLEST)
    height = np.log(np.maximum(ratio, SMALLEST) / THRESHOLD)
    below = np.flatnonzero(height < 0)
    if len(below) == 0:
        return float(T[-1]), ">"
    if below[0] == 0:
        return float(T[0]), "<"
    after, before = below[0], below[0] - 1
    way = height[before] / (height[before] - height[after])
    return float(T[before] * (T[after] / T[before]) ** way), ""
