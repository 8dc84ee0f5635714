"""Statistics of the tables of results: data frames in, data frames out.

The tables and their columns are those of ``models.analysis.schema``. Intervals are at 95%:
Student's over seeds for means, Clopper & Pearson's for counts.
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
"""The probability that an interval leaves out on either side."""

NOISE = 4
"""An accuracy counts as chance up to this many standard errors above it."""

Interval = tuple[np.ndarray, np.ndarray]
"""The lower and the upper ends of intervals, arrays of one shape."""
Groups: TypeAlias = "DataFrameGroupBy[Any, Any]"
"""A table of models, grouped."""


def latest(table: pd.DataFrame) -> pd.DataFrame:
    """The row of the largest step of every model (and test length), in whatever order they come."""
    ordered = table.sort_values("step", kind="stable")
    return ordered.drop_duplicates(_model(table), keep="last").sort_index()


def latest_at(table: pd.DataFrame, steps: Sequence[int]) -> pd.DataFrame:
    """``latest`` as it was at each of ``steps``, which ascend: one row a model and step.

    The column ``at`` has the step of which it is; ``step`` is when the row was measured.
    """
    ordered = table.sort_values("step", kind="stable", ignore_index=True)
    first = pd.Series(np.searchsorted(steps, ordered["step"]))
    models = [ordered[name] for name in _model(table)]
    after = first.groupby(models).shift(-1, fill_value=len(steps)).to_numpy()
    shown = ordered.index.repeat(after - first)
    places = [np.arange(*ends) for ends in zip(first, after, strict=True)]
    at = np.asarray(steps)[np.concatenate([[], *places]).astype(int)]
    return ordered.loc[shown].assign(at=at)


def trained(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The rows of the cells whose every model has been evaluated after training steps."""
    last = latest(accuracy)
    at_initialisation = set(last.loc[last["step"] == 0, "cell"])
    return accuracy[~accuracy["cell"].isin(at_initialisation)]


def select_learning_rate(accuracy: pd.DataFrame, validation: pd.DataFrame) -> pd.DataFrame:
    """The rows of each (cell, length) that have the learning rate which validates best.

    Best is the highest latest validation accuracy, averaged over seeds; then the lowest loss; then
    the smallest rate. A mean with a NaN is worse than every number. ``accuracy`` may be any table
    of models. A (cell, length) without validation rows keeps all of its rows.
    """
    if accuracy.empty or validation.empty:
        return accuracy
    keys = ["cell", "length"]
    best = chosen_rates(validation)
    chosen = accuracy[keys].merge(best, on=keys, how="left")["learning_rate"].to_numpy()
    kept = np.isnan(chosen) | (accuracy["learning_rate"].to_numpy() == chosen)
    selected: pd.DataFrame = accuracy if kept.all() else accuracy.loc[kept]
    return selected


def chosen_rates(validation: pd.DataFrame) -> pd.DataFrame:
    """The learning rate that validates best: columns cell, length and learning_rate."""
    keys = ["cell", "length"]
    rates = latest(validation).groupby([*keys, "learning_rate"], as_index=False)
    ranked = (
        rates[["accuracy", "loss"]]
        .mean(skipna=False)
        .sort_values(["accuracy", "loss", "learning_rate"], ascending=[False, True, True])
    )
    return ranked.drop_duplicates(keys)[[*keys, "learning_rate"]]


def summarise(accuracy: pd.DataFrame) -> pd.DataFrame:
    """A summary of the latest rows of the table ``accuracy``: one row a (cell, length).

    Columns: cell; length; mean, low and high (the accuracy over seeds with Student's interval);
    mean_loss (of the finite losses); seeds, solved and diverged (numbers of models); solved_low and
    solved_high (Clopper and Pearson's interval of the share solved); chance_accuracy; chance_loss.
    A diverged model counts with the accuracy that it has.
    """
    return summarise_models(latest(accuracy), ["cell", "length"])


def summarise_models(models: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The columns of ``summarise`` from a table with one row a model, grouped by ``keys``."""
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
    """``summarise`` with two more columns, ``learning_rate`` and ``steps_to_solve``.

    ``accuracy`` has one learning rate for each (cell, length). ``steps_to_solve`` is the median
    over the seeds that ever solved the task; NaN where none did.
    """
    models = steps_to_solve(accuracy).groupby(["cell", "length"])
    columns = models.agg(
        learning_rate=("learning_rate", "first"), steps_to_solve=("step", "median")
    )
    return summarise(accuracy).merge(columns.reset_index(), on=["cell", "length"])


def summarise_generalisation(generalisation: pd.DataFrame) -> pd.DataFrame:
    """A summary of the table ``generalisation``: one row a (cell, length, test_length).

    Models were trained at ``length`` and scored at ``test_length``. Further columns: mean, low and
    high (the accuracy over seeds with Student's interval), seeds and chance_accuracy.
    """
    groups = latest(generalisation).groupby(["cell", "length", "test_length"])
    chance = groups["chance_accuracy"].first().to_numpy()
    return _rows(groups, _means(groups) | {"chance_accuracy": chance}, generalisation)


def median_over_seeds(diagnostics: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The median of each diagnostic over a group of models: one row per ``keys`` and diagnostic.

    Columns: the keys; diagnostic; low, median and high of the values that are not NaN (NaN where
    all are); ``known``, the number of these values, and ``models``, that of all. Every card,
    sentence, plot and table shows this median. That of half-lives is the half-life of the median
    rate, since some may double while others halve or are level.
    """
    by = [diagnostics[name] for name in (*keys, "diagnostic")]
    values = diagnostics["value"].astype(float)
    is_half_life = diagnostics["diagnostic"].astype(str).str.startswith("half_life").astype(bool)
    groups = values.groupby(by, sort=False)
    table = groups.agg(low="min", high="max", known="count", models="size")
    with np.errstate(divide="ignore"):
        rates = values.where(~is_half_life, 1 / values)
        median = rates.groupby(by, sort=False).median()
        half_life = (1 / median).where(median != 0, np.inf)
    inverted = is_half_life.groupby(by, sort=False).first()
    medians: pd.DataFrame = table.assign(median=median.where(~inverted, half_life)).reset_index()
    return medians


def better_than_chance(accuracy: pd.DataFrame) -> pd.Series:
    """Whether the accuracy of each row is above chance by more than its sequences explain, (rows,).

    That is by more than NOISE standard errors of a share of so many held-out sequences.
    """
    chance = accuracy["chance_accuracy"]
    error = np.sqrt(chance * (1 - chance) / accuracy["sequences"])
    better: pd.Series = accuracy["accuracy"] > chance + NOISE * error
    return better


def steps_to_solve(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The first evaluated step at which each model had solved the task: one row a model.

    Columns: those that identify the model, and ``step``; NaN where it never had.
    """
    model = _model(accuracy)
    first = accuracy[accuracy["solved"].astype(bool)].groupby(model)["step"].min()
    models = accuracy[model].drop_duplicates()
    return models.merge(first.astype(float).reset_index(), on=model, how="left")


def clipped_share(training: pd.DataFrame) -> pd.Series[float]:
    """The share of all optimiser steps of a cell's models that were clipped, from 0 to 1, by cell.

    A model that ended early counts with the steps that it took.
    """
    return training["clipped"].astype(float).groupby(training["cell"], sort=False).mean()


def student(mean: ArrayLike, deviation: ArrayLike, count: ArrayLike) -> Interval:
    """The 95% intervals of means by Student's t; NaN where ``count`` is 1.

    ``mean``, the sample standard deviation ``deviation`` and ``count`` have one shape.
    """
    count = np.asarray(count, float)
    half = stdtrit(np.where(count > 1, count - 1, np.nan), 1 - TAIL) * deviation / np.sqrt(count)
    return np.asarray(mean) - half, np.asarray(mean) + half


def clopper_pearson(successes: ArrayLike, count: ArrayLike) -> Interval:
    """The exact 95% intervals of shares ``successes`` / ``count`` (Clopper & Pearson 1934).

    The two have one shape.
    """
    k, n = np.asarray(successes, float), np.asarray(count, float)
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, TAIL), 0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - TAIL), 1)
    return low, high


def _means(groups: Groups) -> dict[str, np.ndarray]:
    """The mean accuracy of each group with its interval and number of seeds, (groups,) each."""
    accuracy = groups["accuracy"]
    mean, seeds = accuracy.mean().to_numpy(), accuracy.size().to_numpy()
    low, high = student(mean, accuracy.std().to_numpy(), seeds)
    return {"mean": mean, "low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1), "seeds": seeds}


def _rows(groups: Groups, columns: dict[str, np.ndarray], table: pd.DataFrame) -> pd.DataFrame:
    """A data frame of columns (groups,): cells in the order of ``table``, other keys ascending."""
    keys = groups.size().index
    place = {cell: index for index, cell in enumerate(table["cell"].unique())}
    order = np.argsort([place[cell] for cell in keys.get_level_values("cell")], kind="stable")
    named = {str(name): keys.get_level_values(str(name)).to_numpy() for name in keys.names}
    return pd.DataFrame({name: values[order] for name, values in (named | columns).items()})


def _model(table: pd.DataFrame) -> list[str]:
    """The columns of this table that tell models apart; a snapshot's tables have no run."""
    return [column for column in (*MODEL_COLUMNS, "test_length") if column in table.columns]
