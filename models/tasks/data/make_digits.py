"""Makes digits.npz: ``python models/tasks/data/make_digits.py`` with scikit-learn installed.

It was run once. The file holds the split too, so that it is the same everywhere and for good.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

PER_CLASS = 30
"""The number of images of each class for validation, and as many held out; others train."""


def main() -> None:
    digits = load_digits()
    rng = np.random.default_rng(0)
    split = np.zeros(len(digits.target), np.uint8)
    for label in range(10):
        shuffled = rng.permutation(np.flatnonzero(digits.target == label))
        split[shuffled[:PER_CLASS]] = 1
        split[shuffled[PER_CLASS : 2 * PER_CLASS]] = 2
    np.savez_compressed(
        Path(__file__).parent / "digits.npz",
        pixels=digits.data.astype(np.uint8),
        labels=digits.target.astype(np.uint8),
        split=split,
        permutation=rng.permutation(64).astype(np.uint8),
    )


if __name__ == "__main__":
    main()
