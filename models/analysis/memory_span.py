"""Memory span: the sequence length at which a cell's accuracy falls half-way to chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from models.analysis.statistics import TAIL, latest
from models.tasks.task import MIDDLE, scaled_score

RESAMPLES = 2000
"""The number of bootstrap samples of an interval."""
DIVERGED = "diverged"
"""The text of a span that is none, since every model of the cell has diverged."""
COLUMNS = ("cell", "span", "bound", "low", "high", "text", "interval")
"""The columns of ``memory_spans``."""


def memory_spans(accuracy: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The memory span of each cell of the table ``accuracy``: one row a cell, in their order.

    ``seed`` is that of the bootstrap. Columns, all in steps of T but for the texts:
    - ``cell``: the cell spec.
    - ``span``: where the latest accuracy, scaled by chance and averaged over seeds, first falls
      below the middle, interpolated in log T. ``bound`` is ``<`` where it is below already at the
      shortest length and ``>`` where it never is; ``span`` is then that length.
    - ``low``, ``high``: 95% interval, bootstrap over seeds within each length, its percentiles
      expanded for few seeds (Hesterberg 2015, section 5.3); 0 where it lies below the shortest
      length, inf above the longest, NaN where a length has one seed only. It covers the variation
      between seeds, not what may happen between two lengths.
    - ``text``, ``interval``: both for people, such as "48" and "41–55", "> 200" and "37–> 200".

    A cell of which every model has diverged has no span, and says so in ``text``.
    """
    rows = latest(accuracy)
    rng = np.random.default_rng(seed)
    spans = [_row(cell, rows[rows["cell"] == cell], rng) for cell in accuracy["cell"].unique()]
    return pd.DataFrame(spans, columns=list(COLUMNS))


def _row(cell: str, rows: pd.DataFrame, rng: np.random.Generator) -> tuple[object, ...]:
    if rows["diverged"].all():
        return cell, np.nan, "", np.nan, np.nan, DIVERGED, ""
    scaled = scaled_score(rows["accuracy"], rows["chance_accuracy"])
    seeds = {length: scores.to_numpy() for length, scores in scaled.groupby(rows["length"])}
    lengths = np.array(list(seeds), float)
    mean = np.array([scores.mean() for scores in seeds.values()])
    (crossing,) = _crossings(lengths, mean[None])
    span = np.clip(crossing, lengths[0], lengths[-1])
    bound = {0: "<", np.inf: ">"}.get(crossing, "")
    low, high = _interval(lengths, list(seeds.values()), rng)
    return cell, span, bound, low, high, _text(crossing, lengths), _range(low, high, lengths)


def _crossings(lengths: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The length at which each curve first falls below the middle, (curves,).

    ``lengths`` is (lengths,), ``scores`` (curves, lengths). 0 where a curve starts below, inf where
    it never is.
    """
    below = scores < MIDDLE
    first = below.argmax(axis=1)
    after, before = first, np.maximum(first - 1, 0)
    curve = np.arange(len(scores))
    upper, lower = scores[curve, before], scores[curve, after]
    drop = np.where(first > 0, upper - lower, 1)
    share = (upper - MIDDLE) / drop
    crossing = lengths[before] * (lengths[after] / lengths[before]) ** share
    return np.where(below.any(axis=1), np.where(first > 0, crossing, 0), np.inf)


def _interval(
    lengths: np.ndarray, seeds: Sequence[np.ndarray], rng: np.random.Generator
) -> tuple[float, float]:
    """The 95% interval of the crossing; ``seeds`` has the scores (seeds,) of each length."""
    fewest = min(len(scores) for scores in seeds)
    if fewest < 2:
        return np.nan, np.nan
    means = [
        scores[rng.integers(len(scores), size=(RESAMPLES, len(scores)))].mean(axis=1)
        for scores in seeds
    ]
    crossings = _crossings(lengths, np.stack(means, axis=1))
    # No interpolation between resamples: some are infinite.
    tail = expanded_tail(fewest)
    low, high = np.quantile(crossings, (tail, 1 - tail), method="inverted_cdf")
    return float(low), float(high)


def expanded_tail(seeds: int) -> float:
    """The probability that a percentile interval of n seeds leaves out on either side.

    With TAIL itself the interval would be too narrow: by the square root of (n - 1) / n, and by
    what the normal quantile falls short of Student's (Hesterberg 2015, section 5.3).
    """
    return float(ndtr(-np.sqrt(seeds / (seeds - 1)) * stdtrit(seeds - 1, 1 - TAIL)))


def _text(crossing: float, lengths: np.ndarray) -> str:
    """A crossing in words; ``lengths`` (lengths,) were tested."""
    if crossing == 0:
        return f"< {lengths[0]:.0f}"
    if crossing == np.inf:
        return f"> {lengths[-1]:.0f}"
    return f"{crossing:.0f}"


def _range(low: float, high: float, lengths: np.ndarray) -> str:
    """An interval in words; ``lengths`` (lengths,) were tested."""
    if np.isnan(low):
        return ""
    ends = dict.fromkeys((_text(low, lengths), _text(high, lengths)))
    return "–".join(ends)
