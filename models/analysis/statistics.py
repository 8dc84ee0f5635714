"""Summaries of the tables of results: tidy frames in, tidy frames out.

Intervals are at 95 %: Student's over seeds for means, Clopper & Pearson's for counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api.typing import DataFrameGroupBy
from scipy.special import betaincinv, stdtrit

from models.analysis.schema import MODEL_COLUMNS

TAIL = 0.025
"""What an interval leaves out on either side."""

NOISE = 4
"""Standard errors above chance up to which an accuracy counts as chance."""

Interval = tuple[np.ndarray, np.ndarray]
Groups: TypeAlias = "DataFrameGroupBy[Any, Any]"


def latest(table: pd.DataFrame) -> pd.DataFrame:
    """The last row of every model (and test length), whatever the order of the rows."""
    ordered = table.sort_values("step", kind="stable")
    return ordered.drop_duplicates(_model(table), keep="last").sort_index()


def latest_at(table: pd.DataFrame, steps: Sequence[int]) -> pd.DataFrame:
    """``latest`` as it was at each of these training steps, which ascend; ``at`` says which."""
    ordered = table.sort_values("step", kind="stable", ignore_index=True)
    first = pd.Series(np.searchsorted(steps, ordered["step"]))
    models = [ordered[name] for name in _model(table)]
    behind = first.groupby(models).shift(-1, fill_value=len(steps)).to_numpy()
    shown = ordered.index.repeat(behind - first)
    places = [np.arange(*ends) for ends in zip(first, behind, strict=True)]
    at = np.asarray(steps)[np.concatenate([[], *places]).astype(int)]
    return ordered.loc[shown].assign(at=at)


def trained(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The rows of those cells of which every model has been evaluated after training steps."""
    last = latest(accuracy)
    at_initialisation = set(last.loc[last["step"] == 0, "cell"])
    return accuracy[~accuracy["cell"].isin(at_initialisation)]


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
    return summarise_models(latest(accuracy), ["cell", "length"])


def summarise_models(models: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """``summarise`` of tables of accuracy with one row a model, one row per ``keys``."""
    groups = models.assign(loss=models["loss"].where(np.isfinite(models["loss"]))).groupby(keys)
    columns = _means(groups)
    counts = {name: groups[name].sum().to_numpy(int) for name in ("solved", "diverged")}
    low, high = clopper_pearson(counts["solved"], columns["seeds"])
    columns |= {"mean_loss": groups["loss"].mean().to_numpy(), **counts}
    columns |= {"solved_low": low, "solved_high": high}
    for name in ("chance_accuracy", "chance_loss"):
        columns[name] = groups[name].first().to_numpy()
    return _rows(groups, columns, models)


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
    groups = latest(generalisation).groupby(["cell", "length", "test_length"])
    chance = groups["chance_accuracy"].first().to_numpy()
    return _rows(groups, _means(groups) | {"chance_accuracy": chance}, generalisation)


def median_over_seeds(diagnostics: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Diagnostics over the models of each group, one row per ``keys`` and diagnostic.

    Columns: the keys, diagnostic, low, median and high of the values that are known (NaN where
    none is), ``known``, how many are, and ``models``, of how many. Every card, sentence, plot and
    table shows this median. That of half-lives is the half-life of the median rate, since some may
    double while others halve or are level.
    """
    by = [diagnostics[name] for name in (*keys, "diagnostic")]
    values = diagnostics["value"].astype(float)
    is_life = diagnostics["diagnostic"].astype(str).str.startswith("half_life").astype(bool)
    groups = values.groupby(by, sort=False)
    table = groups.agg(low="min", high="max", known="count", models="size")
    with np.errstate(divide="ignore"):
        rates = values.where(~is_life, 1 / values)
        middle = rates.groupby(by, sort=False).median()
        lives = (1 / middle).where(middle != 0, np.inf)
    of_lives = middle.index.get_level_values("diagnostic").astype(str).str.startswith("half_life")
    found: pd.DataFrame = table.assign(median=middle.where(~of_lives, lives)).reset_index()
    return found


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


def _means(groups: Groups) -> dict[str, np.ndarray]:
    """Mean accuracy of each group with its interval, and how many seeds it has."""
    accuracy = groups["accuracy"]
    mean, seeds = accuracy.mean().to_numpy(), accuracy.size().to_numpy()
    low, high = student(mean, accuracy.std().to_numpy(), seeds)
    return {"mean": mean, "low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1), "seeds": seeds}


def _rows(groups: Groups, columns: dict[str, np.ndarray], table: pd.DataFrame) -> pd.DataFrame:
    """One row a group; cells in the order in which the table has them, the other keys ascending."""
    keys = groups.size().index
    place = {cell: index for index, cell in enumerate(table["cell"].unique())}
    order = np.argsort([place[cell] for cell in keys.get_level_values("cell")], kind="stable")
    named = {str(name): keys.get_level_values(str(name)).to_numpy() for name in keys.names}
    return pd.DataFrame({name: values[order] for name, values in (named | columns).items()})


def _model(table: pd.DataFrame) -> list[str]:
    """The columns that tell models apart; a snapshot's tables have no run."""
    return [column for column in (*MODEL_COLUMNS, "test_length") if column in table.columns]
