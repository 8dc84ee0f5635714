"""How far back a cell's memory reaches, in steps: by its gradient, and by what it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def gradient_horizon(norms: np.ndarray, share: float = 0.01) -> int:
    """Steps back from the end up to which the gradient is never below ``share`` of the last norm.

    ``norms`` is a profile ‖∂L/∂s_t‖, t from 1 to T; the result is from 0 to T - 1. What explodes
    is above every share, what is not a number is below. A last norm of 0 reaches nowhere.
    """
    norms = np.asarray(norms, float)
    reached = (norms >= share * norms[-1]) & (norms[-1] > 0)
    unbroken = np.logical_and.accumulate(reached[::-1])
    return max(int(unbroken.sum()) - 1, 0)


def behaviour_horizon(lags: Sequence[int], influence: np.ndarray, least: float = 0.05) -> int:
    """The farthest lag at which a changed input still changes at least this share of the answers.

    ``influence`` is the share (0 to 1) at each of ``lags``, see ``models.diagnostics.influence``.
    No interpolation: the result is one of the lags, or 0 where the share is below at all of them.
    Nearer lags need not reach it: a model that has learnt its task does not listen where nothing
    informative ever stands, as at the end of a temporal order. Unlike memory, chaos changes answers
    too: of a model at chance the horizon says nothing.
    """
    reached = np.asarray(lags)[np.asarray(influence, float) >= least]
    return int(reached.max(initial=0))
