"""Summaries of the tables of results: tidy frames in, tidy frames out.

Intervals are at 95 %: Student's over seeds for means, Clopper & Pearson's for counts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv, stdtrit

from models.results.schema import MODEL

TAIL = 0.025
"""What an interval leaves out on either side."""

NOISE = 4
"""Standard errors above chance up to which an accuracy counts as chance."""

Interval = tuple[np.ndarray, np.ndarray]


def latest(table: pd.DataFrame) -> pd.DataFrame:
    """The last row of every model (and test length), whatever the order of the rows."""
    ordered = table.sort_values("step", kind="stable")
    return ordered.drop_duplicates(_model(table), keep="last").sort_index()


def trained(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The rows of those cells of which every model has been evaluated after training steps."""
    last = latest(accuracy)
    at_birth = set(last.loc[last["step"] == 0, "cell"])
    return accuracy[~accuracy["cell"].isin(at_birth)]


def select_learning_rate(accuracy: pd.DataFrame, validation: pd.DataFrame) -> pd.DataFrame:
    """Of each (cell, length) only the rows with the learning rate that validates best.

    Best is the highest latest validation accuracy, averaged over seeds; then the lowest loss; then
    the smallest rate. A mean with a NaN is worse than every number. Works on any table of models.
    A (cell, length) without validation rows is left as it is.
    """
    if accuracy.empty or validation.empty:
        return accuracy
    keys = ["cell", "length"]
    rates = latest(validation).groupby([*keys, "learning_rate"], as_index=False)
    ranked = (
        rates[["accuracy", "loss"]]
        .mean(skipna=False)
        .sort_values(["accuracy", "loss", "learning_rate"], ascending=[False, True, True])
    )
    best = ranked.drop_duplicates(keys)[[*keys, "learning_rate"]]
    chosen = accuracy[keys].merge(best, on=keys, how="left")["learning_rate"].to_numpy()
    kept = np.isnan(chosen) | (accuracy["learning_rate"].to_numpy() == chosen)
    selected: pd.DataFrame = accuracy.loc[kept]
    return selected


def summarise(accuracy: pd.DataFrame) -> pd.DataFrame:
    """One row per (cell, length), over the latest rows of its seeds.

    Columns: cell, length, mean, low, high (accuracy, Student), mean_loss (of the finite losses),
    seeds, solved, solved_low, solved_high (share solved, Clopper-Pearson), diverged,
    chance_accuracy, chance_loss. A diverged model counts with the accuracy it has.
    """
    summary = _means(accuracy, ["cell", "length"])
    finite = latest(accuracy).replace({"loss": {np.inf: np.nan}})
    groups = finite.groupby(["cell", "length"])
    counts = groups.agg(
        mean_loss=("loss", "mean"),
        solved=("solved", "sum"),
        diverged=("diverged", "sum"),
        chance_accuracy=("chance_accuracy", "first"),
        chance_loss=("chance_loss", "first"),
    )
    summary = summary.merge(counts.reset_index(), on=["cell", "length"])
    low, high = clopper_pearson(summary["solved"], summary["seeds"])
    return summary.assign(
        solved=summary["solved"].astype(int),
        diverged=summary["diverged"].astype(int),
        solved_low=low,
        solved_high=high,
    )


def result_table(accuracy: pd.DataFrame) -> pd.DataFrame:
    """``summarise``, with ``learning_rate``, of which there is one for each (cell, length), and
    ``steps_to_solve``: the median over those seeds that ever solved it.
    """
    models = steps_to_solve(accuracy).groupby(["cell", "length"])
    columns = models.agg(
        learning_rate=("learning_rate", "first"), steps_to_solve=("step", "median")
    )
    return summarise(accuracy).merge(columns.reset_index(), on=["cell", "length"])


def summarise_generalisation(generalisation: pd.DataFrame) -> pd.DataFrame:
    """One row per (cell, length, test_length): mean, low, high (Student), seeds, chance_accuracy.

    ``length`` is what the models were trained at, ``test_length`` what they were scored at.
    """
    keys = ["cell", "length", "test_length"]
    chance = generalisation.groupby(keys)["chance_accuracy"].first().reset_index()
    return _means(generalisation, keys).merge(chance, on=keys)


def better_than_chance(accuracy: pd.DataFrame) -> pd.Series:
    """Of each row, whether its accuracy is above chance by more than its sequences explain."""
    chance = accuracy["chance_accuracy"]
    error = np.sqrt(chance * (1 - chance) / accuracy["sequences"])
    better: pd.Series = accuracy["accuracy"] > chance + NOISE * error
    return better


def steps_to_solve(accuracy: pd.DataFrame) -> pd.DataFrame:
    """Per model, ``step``: the first evaluated step at which it had solved the task, or NaN."""
    model = _model(accuracy)
    first = accuracy[accuracy["solved"].astype(bool)].groupby(model)["step"].min()
    models = accuracy[model].drop_duplicates()
    return models.merge(first.astype(float).reset_index(), on=model, how="left")


def clipped_share(training: pd.DataFrame) -> pd.DataFrame:
    """Per model, ``clipped``: the share of optimiser steps whose gradient was clipped."""
    share = training.assign(clipped=training["clipped"].astype(float))
    return share.groupby(_model(training), sort=False)["clipped"].mean().reset_index()


def student(mean: ArrayLike, deviation: ArrayLike, count: ArrayLike) -> Interval:
    """95 % interval of a mean from the sample standard deviation; NaN where the count is 1."""
    count = np.asarray(count, float)
    half = stdtrit(np.where(count > 1, count - 1, np.nan), 1 - TAIL) * deviation / np.sqrt(count)
    return np.asarray(mean) - half, np.asarray(mean) + half


def clopper_pearson(successes: ArrayLike, count: ArrayLike) -> Interval:
    """Exact 95 % interval of a share (Clopper & Pearson 1934)."""
    k, n = np.asarray(successes, float), np.asarray(count, float)
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, TAIL), 0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - TAIL), 1)
    return low, high


def _means(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean accuracy and its interval; cells in the order they appear, the other keys ascending."""
    groups = latest(table).groupby(keys)["accuracy"]
    summary = groups.agg(mean="mean", deviation="std", seeds="size").reset_index()
    low, high = student(summary["mean"], summary.pop("deviation"), summary["seeds"])
    summary = summary.assign(low=np.clip(low, 0, 1), high=np.clip(high, 0, 1))
    place = {cell: index for index, cell in enumerate(table["cell"].unique())}
    return summary.sort_values(
        "cell", key=lambda cells: cells.map(place), kind="stable", ignore_index=True
    )


def _model(table: pd.DataFrame) -> list[str]:
    """The columns that tell models apart; a snapshot's tables have no run."""
    return [column for column in (*MODEL, "test_length") if column in table.columns]
