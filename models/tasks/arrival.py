"""When things come, each at any step of its own window, all as likely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Window = tuple[int, int]
"""The first step, and the one after the last."""


def arrivals(windows: Sequence[Window], steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities that each has come by the end of a step, and by its start.

    Both are (windows, steps).
    """
    first, end = np.array(windows).T[..., None]
    come, earlier = (np.clip((over - first) / (end - first), 0, 1) for over in (steps + 1, steps))
    return come, earlier
