"""What claims measure of every seed of a run: series whose index is the seed, without rows where a
run does not have what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.analysis.prediction import THRESHOLD, end_ratios
from models.analysis.statistics import latest
from models.claims.claim import Effect, Measured
from models.tasks.task import MIDDLE, scaled_score

DECADES = -np.log10(THRESHOLD)
"""A gradient has vanished or exploded that is so many powers of ten smaller or larger at the first
step than at the last: beyond that cells are predicted not to be trainable."""
RATIOS = {state: f"‖∂L/∂{state}‖ at the first step over the last" for state in "hc"}
"""How the gradient ratio of each state is called."""
RATIO = f"{RATIOS['h']}, at initialisation, power of ten"
VANISHES = Effect(RATIO, -DECADES, above=False)
EXPLODES = Effect(RATIO, DECADES)
BOUNDED = Effect(RATIO, DECADES, above=False)
"""The gradient does not explode."""
SCORE = "accuracy from chance (0) to perfect (1)"
REMEMBERS = Effect(SCORE, MIDDLE)
FORGETS = Effect(SCORE, MIDDLE, above=False)
HELP = 0.1
"""Help is a score that is higher by more than this, a tenth of the way from chance to perfect."""


def gradient_ratio(run: Measured, cell: str, length: int, state: str = "h") -> pd.Series:
    """The power of ten of ‖∂L/∂s_1‖ / ‖∂L/∂s_T‖ at initialisation, of a state h or c."""
    rows = run.tables["gradients"]
    rows = rows[
        (rows["step"] == 0)
        & (rows["cell"] == cell)
        & (rows["length"] == length)
        & (rows["state"] == state)
    ]
    if rows.empty:
        return _nothing()
    ratios: pd.Series = end_ratios(rows).set_index("seed")["log_ratio"] / np.log(10)
    return ratios


def instability(run: Measured, cell: str, length: int) -> pd.Series:
    """How many powers of ten the gradient at the first step is from that at the last."""
    return gradient_ratio(run, cell, length).abs()


def score(run: Measured, cell: str, lengths: Sequence[int]) -> pd.Series:
    """The scaled score at the latest evaluation, 0 at chance and 1 at perfect, mean of lengths.

    It is not below 0, and 0 of a model that has diverged. Seeds that were not trained at all of
    the lengths have none.
    """
    rows = latest(run.tables["accuracy"])
    rows = rows[(rows["cell"] == cell) & rows["length"].isin(lengths) & (rows["step"] > 0)]
    if rows.empty:
        return _nothing()
    scores = scaled_score(rows["accuracy"], rows["chance_accuracy"]).clip(0, 1)
    scores = scores.where(~rows["diverged"].astype(bool), 0.0)
    groups = scores.groupby(rows["seed"])
    means: pd.Series = groups.mean()[groups.size() == len(lengths)]
    return means


def diagnostic(run: Measured, cell: str, name: str, length: int) -> pd.DataFrame:
    """A diagnostic over training: one row a step, one column a seed."""
    rows = run.tables["diagnostics"]
    rows = rows[(rows["cell"] == cell) & (rows["diagnostic"] == name) & (rows["length"] == length)]
    return rows.pivot_table(index="step", columns="seed", values="value", dropna=False)


def minus(one: pd.Series, other: pd.Series) -> pd.Series:
    """The differences of the seeds that both have."""
    seeds = one.index.intersection(other.index)
    return one[seeds] - other[seeds]


def _nothing() -> pd.Series:
    return pd.Series(dtype=float)
