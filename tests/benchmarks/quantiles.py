"""How long most answers took, as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

SHARES = (0.5, 0.95, 0.99, 1.0)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share does not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def print_seconds(rows: Mapping[str, Sequence[float]]) -> None:
    """A line for each that has any: how many there are, and quantiles of them."""
    print(f"\n{'seconds':28}{'number':>8}{'median':>9}{'95 %':>9}{'99 %':>9}{'most':>9}")
    for name, seconds in rows.items():
        if seconds:
            shown = [quantile(seconds, share) for share in SHARES]
            print(f"{name:28}{len(seconds):8}" + "".join(f"{value:9.2f}" for value in shown))
