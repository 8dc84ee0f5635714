"""The number of inputs on which each property is tried, and the form of a clear message."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, settings

EXAMPLES = {
    "valid experiments": 300,
    "mutated experiments": 2500,
    "experiments as text": 1200,
    "cell specs": 2000,
    "task specs": 1000,
    "addresses": 600,
    "texts": 1200,
    "unknown parameters": 300,
    "damaged ZIPs": 200,
    "damaged tables": 150,
    "changed values": 100,
    "damaged descriptions": 250,
    "damaged weights": 150,
    "other files": 150,
    "findings": 100,
    "gradients at initialisation": 100,
    "stories": 12,
    "half-lives": 60,
    "normalised spans": 60,
    "shares": 300,
    "lives of runs": 10,
    "labels": 150,
}
"""The number of generated inputs of each property in one run of the tests."""
LONGEST = 500
"""The largest number of characters of a message."""


def on(name: str) -> settings:
    """The settings of the property with this name: the same inputs at every run."""
    return settings(
        max_examples=EXAMPLES[name],
        deadline=None,
        derandomize=True,
        # Strategies build whole experiments and files, and a busy machine is slow.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def assert_clear(error: ValueError, of: str = ".") -> None:
    """Asserts one short line that any terminal, page or log can show, with this pattern in it."""
    message = str(error)
    assert re.search(of, message), message
    assert message.isprintable(), message
    assert len(message) < LONGEST, message


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal, also in type, in whatever is nested."""
    if type(value) is not type(other):
        return False
    if isinstance(value, tuple):
        return len(value) == len(other) and all(map(same, value, other))
    return bool(value == other)
