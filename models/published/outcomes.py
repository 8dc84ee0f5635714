"""What came of the models of an experiment, one row each, as the comparisons need it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.analysis.statistics import latest
from models.experiment import Experiment

COLUMNS = (
    *("clip", "cell", "length", "seed", "learning_rate"),
    *("steps", "planned_steps", "batch_size", "solved_step"),
    *("accuracy", "chance_accuracy", "loss", "chance_loss", "diverged"),
)
"""The threshold of clipping, which model, the optimiser steps done and planned, the first of these
at which an evaluation found the task solved (NaN where none did), and the last evaluation."""
MODEL = ["cell", "length", "seed", "learning_rate"]


def outcomes(experiment: Experiment, accuracy: pd.DataFrame) -> pd.DataFrame:
    """One row a model, with COLUMNS, from the table accuracy of a run of the experiment."""
    last = latest(accuracy)
    solved = accuracy[accuracy["solved"].astype(bool)].groupby(MODEL)["step"].min()
    rows = last.rename(columns={"step": "steps"}).assign(
        clip=experiment.clip,
        planned_steps=experiment.steps,
        batch_size=experiment.batch_size,
        solved_step=solved.reindex(pd.MultiIndex.from_frame(last[MODEL])).to_numpy(float),
    )
    return rows[list(COLUMNS)].sort_values(["clip", *MODEL]).reset_index(drop=True)


def cut_after(rows: pd.DataFrame) -> tuple[int, int] | None:
    """Optimiser steps done and planned of the model that got least far; None where all did."""
    short = rows[(rows["steps"] < rows["planned_steps"]) & ~rows["diverged"].astype(bool)]
    if short.empty:
        return None
    least = short.iloc[int(np.argmin(short["steps"] / short["planned_steps"]))]
    return int(least["steps"]), int(least["planned_steps"])


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The outcomes of several experiments as one table."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
