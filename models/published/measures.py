"""What is measured of the outcomes beside a paper's number, in words."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from models.analysis.words import count, number, of_all, percent, scientific
from models.tasks.task import MIDDLE, scaled_score

Measure = Callable[[pd.DataFrame], str]
NOTHING = "not measured"


def sequences_until_solved(cell: str, length: int, published: float | None = None) -> Measure:
    """How many training sequences a model has seen when the task is first found solved.

    The median of the seeds that solve it, optimiser steps × batch size, beside the number that was
    ``published``.
    """

    def measure(rows: pd.DataFrame) -> str:
        own = _of(rows, cell, length)
        if own.empty:
            return NOTHING
        solved = own[own["solved_step"].notna()]
        seeds = of_all(len(solved), len(own), "seed")
        if solved.empty:
            seen = int((own["steps"] * own["batch_size"]).max())
            return f"not solved within {count(seen, 'sequence')} ({seeds})"
        median = float((solved["solved_step"] * solved["batch_size"]).median())
        beside = f"; {_times(median / published)}" if published else ""
        return f"{median:,.0f} ({seeds}{beside})"

    return measure


def solved(cell: str, length: int, *, clip: float) -> Measure:
    """How many seeds solve the task at some evaluation, and how right each is at the end.

    ``clip`` is the threshold of clipping.
    """

    def measure(rows: pd.DataFrame) -> str:
        own = _of(rows, cell, length)
        own = own[own["clip"] == clip]
        if own.empty:
            return NOTHING
        seeds = of_all(int(own["solved_step"].notna().sum()), len(own), "seed")
        at_the_end = ", ".join(map(percent, sorted(own["accuracy"])))
        return f"solved at some evaluation by {seeds}; accuracy at the end {at_the_end}"

    return measure


def final_loss(cell: str, length: int) -> Measure:
    """The median loss at the last evaluation, beside that of chance, and when it was solved."""

    def measure(rows: pd.DataFrame) -> str:
        own = _of(rows, cell, length)
        if own.empty:
            return NOTHING
        loss, chance = float(own["loss"].median()), float(own["chance_loss"].iloc[0])
        first = own["solved_step"].median()
        when = "not solved" if pd.isna(first) else f"solved at step {first:,.0f}"
        return f"{number(loss)} (chance {number(chance)}), {when}"

    return measure


def speed_up(cell: str, than: str, length: int) -> Measure:
    """How many times as many optimiser steps ``than`` takes to solve the task as ``cell``."""

    def measure(rows: pd.DataFrame) -> str:
        fast, slow = (float(_of(rows, one, length)["solved_step"].median()) for one in (cell, than))
        if math.isnan(fast):
            return "neither is solved" if math.isnan(slow) else "only the slower one is solved"
        if math.isnan(slow):
            trained = int(_of(rows, than, length)["steps"].max())
            return f"more than {number(trained / fast)} times: one is not solved at all"
        return f"{number(slow / fast)} times"

    return measure


def accuracy_by_length(cell: str) -> Measure:
    """The mean accuracy of the seeds at each length."""

    def measure(rows: pd.DataFrame) -> str:
        means = rows[rows["cell"] == cell].groupby("length")["accuracy"].mean()
        return ", ".join(f"T = {at}: {percent(one)}" for at, one in means.items()) or NOTHING

    return measure


def falls_below(cell: str, threshold: float) -> Measure:
    """The shortest length at which the mean accuracy of the seeds is below a threshold."""

    def measure(rows: pd.DataFrame) -> str:
        means = rows[rows["cell"] == cell].groupby("length")["accuracy"].mean()
        if means.empty:
            return NOTHING
        below = means[means < threshold]
        if below.empty:
            return f"not up to T = {means.index.max()}"
        return f"at T = {below.index.min()} ({below.iloc[0]:.1%})"

    return measure


def gives_up(cell: str) -> Measure:
    """The longest length at which half of the seeds remember, and the next one tested."""

    def measure(rows: pd.DataFrame) -> str:
        own = rows[rows["cell"] == cell]
        if own.empty:
            return NOTHING
        scores = scaled_score(own["accuracy"], own["chance_accuracy"])
        share = (scores >= MIDDLE).groupby(own["length"]).mean()
        remembered = share[share >= 0.5].index
        lengths = list(share.index)
        if not len(remembered):
            return f"not even at T = {lengths[0]}"
        longest = remembered.max()
        if longest == lengths[-1]:
            return f"remembers at T = {longest}, the longest tested"
        beyond = lengths[lengths.index(longest) + 1]
        return f"remembers at T = {longest}, no more at {beyond}"

    return measure


def _times(ratio: float) -> str:
    if ratio < 1:
        return f"{scientific(1 / ratio)} times fewer"
    return f"{scientific(ratio)} times as many"


def _of(rows: pd.DataFrame, cell: str, length: int) -> pd.DataFrame:
    return rows[(rows["cell"] == cell) & (rows["length"] == length)]
