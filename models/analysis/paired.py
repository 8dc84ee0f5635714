"""Cells compared over the seeds that they share: two models with one length and seed are a pair.

Both learn and are scored on the same sequences (``models.experiment.random_streams``). Were the two
cells alike, either accuracy of a pair could as well be the other's, so that every difference could
have the other sign. The sign-flip test (Fisher 1935, section 21) compares the sum of the
differences with its values under all flips: exact, whatever the distribution of the accuracies and
however much the two of a pair have in common.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from models.analysis.comparison import holm
from models.analysis.statistics import latest
from models.analysis.words import with_article

FEWEST_PAIRS = 6
"""With fewer, even differences of one sign alone have a p above 5%."""
MOST_EXACT = 13
"""Of more pairs, RANDOM_FLIPS are drawn instead of all flips tried."""
RANDOM_FLIPS = 9999
ROUNDING = 1e-9
"""Sums of differences that are less than this apart are equal."""


def paired_differences(accuracy: pd.DataFrame) -> pd.DataFrame:
    """How much more accurate each cell is than the first one, over the seeds that both have.

    ``accuracy`` is that table, with one learning rate for each (cell, length); the latest rows
    count. One row for each further cell and length at which both have seeds; columns:
    - ``cell``, ``length``; ``against``, the first cell.
    - ``seeds``: how many both have.
    - ``difference``: of the held-out accuracy, mean over these seeds.
    - ``p``: of no difference, by the two-sided sign-flip test, with Holm's correction for all rows.
    - ``correlation``: Pearson's of the two accuracies over the seeds; NaN where either is constant.

    A diverged model counts with the accuracy that it has.
    """
    rows = latest(accuracy)
    cells = list(accuracy["cell"].unique())
    by_seed = rows.pivot_table(
        index=["length", "seed"], columns="cell", values="accuracy", observed=True
    )
    found = []
    for cell in cells[1:]:
        for length, both in by_seed[[cells[0], cell]].dropna().groupby("length"):
            first, own = both.to_numpy().T
            difference = own - first
            found.append(
                {
                    "cell": cell,
                    "length": length,
                    "against": cells[0],
                    "seeds": len(both),
                    "difference": difference.mean(),
                    "p": sign_flip(difference),
                    "correlation": _correlation(first, own),
                }
            )
    names = ["cell", "length", "against", "seeds", "difference", "p", "correlation"]
    table = pd.DataFrame(found, columns=names)
    return table.assign(p=holm(table["p"].tolist()))


def readable_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``paired_differences`` with enough seeds to say anything, as texts for people."""
    enough = differences[differences["seeds"] >= FEWEST_PAIRS]
    return pd.DataFrame(
        {
            "cell": enough["cell"],
            "length": enough["length"],
            "difference": enough["difference"].map("{:+.3f}".format),
            "p": enough["p"].map("{:.2g}".format),
            "seeds": enough["seeds"],
            "correlation": enough["correlation"].map("{:.2f}".format).replace("nan", ""),
        }
    )


def differences_in_words(differences: pd.DataFrame) -> str:
    """What ``readable_differences`` shows, as the heading of that table."""
    return (
        f"Accuracy minus that of {with_article(differences['against'].iloc[0])}, paired over "
        "seeds; p by the sign-flip test, with Holm's correction for all rows"
    )


def sign_flip(differences: np.ndarray) -> float:
    """The two-sided p of differences (pairs,) that could as well each have the other sign.

    The sum after a flip is no smaller than before where the flipped differences sum to 0 or less.
    Of more than MOST_EXACT pairs, random flips and the one that was observed are compared, which is
    exact as well (Phipson & Smyth 2010).
    """
    sums = _flips(len(differences)) @ differences
    as_large, as_small = (sums <= ROUNDING).mean(), (sums >= -ROUNDING).mean()
    return float(min(1.0, 2 * min(as_large, as_small)))


@lru_cache(maxsize=32)
def _flips(pairs: int) -> np.ndarray:
    """Which differences change their sign, 0 or 1, (flips, pairs); in the first flip none does."""
    if pairs <= MOST_EXACT:
        return np.arange(2**pairs)[:, None] >> np.arange(pairs) & 1
    drawn = np.random.default_rng(pairs).integers(2, size=(RANDOM_FLIPS, pairs))
    return np.concatenate([np.zeros((1, pairs), int), drawn])


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
