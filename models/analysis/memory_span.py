"""Memory span: the sequence length at which half of a cell's models still remember."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.psychometric import Posterior, fit
from models.analysis.statistics import latest
from models.tasks.task import MIDDLE, scaled_score

TAIL = 0.0165
"""The posterior probability that an interval leaves out on either side, chosen by simulation: with
it the interval of three to ten seeds holds the true span in 95 to 99 of 100 experiments, and in 85
or more wherever that lies. The conventional 0.025 would leave it at 92 in some."""
NEXT = 1.1
"""An end of an interval that is less than so many times off a length tested reaches up to it: a
curve can fall within a tenth of a length, which lengths further apart do not show."""
PAST = 1.05
"""An interval that reaches past a gap, or a bound, by less than this says no more than they do."""
DIVERGED = "diverged"
"""The text of a span that is none, since every model of the cell has diverged."""
COLUMNS = ("cell", "span", "bound", "low", "high", "text", "interval")
"""The columns of ``memory_spans``."""
ROUNDING = 1e-9
"""How far a span may be off, as a share of it: one of exactly a length tested is not outside."""


@dataclass(frozen=True)
class Estimate:
    """A memory span with its 95% interval, in steps of T; of several cells at once, arrays (…)."""

    lengths: np.ndarray
    """(lengths,), those tested, ascending."""
    remember: np.ndarray
    """(…, lengths), how many of the models remember."""
    models: np.ndarray
    """(…, lengths), how many there are."""
    posterior: Posterior
    span: np.ndarray
    """The median of the posterior; within the gap where there is one."""
    low: np.ndarray
    """0 where nothing bounds it from below: at the shortest length not all models remember."""
    high: np.ndarray
    """inf where nothing bounds it from above: at the longest length some models remember."""
    gap: tuple[np.ndarray, np.ndarray]
    """The length up to which all models remember, and the next that was tested, from which on none
    does; 0 or inf where that is beyond those tested. Both NaN where it is not so."""


def memory_spans(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The memory span of each cell of the table ``accuracy``: one row a cell, in their order.

    Columns, all in steps of T but for the texts:
    - ``cell``: the cell spec.
    - ``span``: T50 of ``models.analysis.psychometric``, the median of its posterior. ``bound`` is
      ``<`` where that lies below the shortest length tested and ``>`` where it lies above the
      longest; ``span`` is then that length.
    - ``low``, ``high``: the 95% interval, see ``estimate``; 0 or inf where it is open.
    - ``text``, ``interval``: both for people: "48" and "41–55", "> 200" and "from 187", or
      "between 50 and 100" where all models remember up to 50 and none from 100 on. ``interval`` is
      empty where it says no more than ``text``.

    A cell of which every model has diverged has no span, and says so in ``text``.
    """
    found = estimates(accuracy)
    none = (np.nan, "", np.nan, np.nan, DIVERGED, "")
    rows = [
        (cell, *(_row(found[cell]) if cell in found else none))
        for cell in accuracy["cell"].unique()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def estimates(accuracy: pd.DataFrame) -> dict[str, Estimate]:
    """The memory span of each cell of the table ``accuracy`` of which not every model diverged."""
    counts = count_models(accuracy).astype({"remember": float, "models": float})
    return {
        str(cell): estimate(*(own[name].to_numpy() for name in ("length", "remember", "models")))
        for cell, own in counts.groupby("cell")
        if own["trained"].any()
    }


def count_models(accuracy: pd.DataFrame) -> pd.DataFrame:
    """How many models of each cell and length there are: one row each, lengths ascending.

    Columns: cell, length, ``models``, ``trained`` (those that have not diverged), ``remember`` and
    ``solved``. By its latest evaluation, a model remembers whose accuracy is not below the middle
    between chance and 1; one that has diverged does not.
    """
    rows = latest(accuracy)
    score = scaled_score(rows["accuracy"], rows["chance_accuracy"])
    trained = ~rows["diverged"].astype(bool)
    models = rows[["cell", "length"]].assign(
        models=1,
        trained=trained.astype(int),
        remember=((score >= MIDDLE) & trained).astype(int),
        solved=rows["solved"].astype(int),
    )
    counts: pd.DataFrame = models.groupby(["cell", "length"]).sum().reset_index()
    return counts


def estimate(lengths: np.ndarray, remember: np.ndarray, models: np.ndarray) -> Estimate:
    """The memory span and its interval; the arguments are those of ``psychometric.fit``.

    The interval is the posterior's without TAIL on either side, up to a length tested where that is
    next to it. It always contains the whole gap between two neighbouring lengths where the outcome
    flips from all to none: nothing was measured within it, and all that the posterior goes by there
    is the curve's shape.
    """
    posterior = fit(lengths, remember, models)
    low, span, high = (np.exp(posterior.quantile(share)) for share in (TAIL, 0.5, 1 - TAIL))
    below = np.r_[-np.inf, lengths][np.searchsorted(lengths, low)]
    above = np.r_[lengths, np.inf][np.searchsorted(lengths, high)]
    low, high = np.where(low < below * NEXT, below, low), np.where(above < high * NEXT, above, high)
    every, none = remember == models, remember == 0
    low = np.where((low < lengths[0]) & ~every[..., 0], 0, low)
    high = np.where((high > lengths[-1]) & ~none[..., -1], np.inf, high)
    before, after = _gap(lengths, every, none)
    span = np.fmax(np.fmin(span, after), before)
    low, high = np.fmin(low, before), np.fmax(high, after)
    return Estimate(lengths, remember, models, posterior, span, low, high, (before, after))


def _gap(lengths: np.ndarray, every: np.ndarray, none: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``Estimate.gap``; whether every and whether none of the models remembers, (…, lengths)."""
    reached = every.sum(axis=-1)
    upto = np.arange(len(lengths)) < reached[..., None]
    flips = np.where(upto, every, none).all(axis=-1)
    ends = np.array([0, *lengths, np.inf])
    return np.where(flips, ends[reached], np.nan), np.where(flips, ends[reached + 1], np.nan)


def span_in_words(row: Mapping[Hashable, Any]) -> str:
    """A row of ``memory_spans`` with its interval: "48 (41–55)", "between 50 and 100"."""
    return f"{row['text']} ({row['interval']})" if row["interval"] else str(row["text"])


def estimate_in_words(found: Estimate) -> str:
    """The same of an estimate of one cell."""
    *_, text, interval = _row(found)
    return span_in_words({"text": text, "interval": interval})


def _row(found: Estimate) -> tuple[float, str, float, float, str, str]:
    """The columns of ``memory_spans`` but for the cell."""
    shortest, longest = found.lengths[0], found.lengths[-1]
    span, low, high = float(found.span), float(found.low), float(found.high)
    before, after = map(float, found.gap)
    below, above = span < shortest * (1 - ROUNDING), span > longest * (1 + ROUNDING)
    bound = "<" if below else ">" if above else ""
    span = float(np.clip(span, shortest, longest))
    interval = _interval(low, high, shortest, longest)
    if not 0 < before < after < np.inf:
        text = f"{bound} {span:.0f}".strip()
        return span, bound, low, high, text, "" if interval == text else interval
    says_more = low < before / PAST or after * PAST < high
    text = f"between {before:.0f} and {after:.0f}"
    return span, bound, low, high, text, interval if says_more else ""


def _interval(low: float, high: float, shortest: float, longest: float) -> str:
    """An interval in words; where an end lies outside the lengths tested, the other is a bound."""
    below, above = f"< {shortest:.0f}", f"> {longest:.0f}"
    if low == 0 and high < shortest * PAST:
        return below
    if high == np.inf and longest < low * PAST:
        return above
    if low == 0 and high == np.inf:
        return f"below {shortest:.0f} to beyond {longest:.0f}"
    if high == np.inf:
        return f"from {low:.0f}"
    if low == 0:
        return f"up to {high:.0f}"
    return "–".join(dict.fromkeys((f"{low:.0f}", f"{high:.0f}")))
