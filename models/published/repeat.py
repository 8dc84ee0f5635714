"""Trains an experiment of a published result, or as far as the time goes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd

from models.experiment import Experiment
from models.published.outcomes import outcomes


def repeat(experiment: Experiment, seconds: float, follow: Callable[[int], None]) -> pd.DataFrame:
    """The outcomes of an experiment that is trained for so many seconds at most.

    ``follow`` hears how many optimiser steps all models have done.
    """
    from models.training.train import train  # torch is imported here

    end = time.monotonic() + seconds
    tables, steps = [], dict.fromkeys(experiment.cells, 0)
    for snapshot in train(experiment, lambda: time.monotonic() > end):
        tables += [snapshot.tables["accuracy"]] if "accuracy" in snapshot.tables else []
        steps[snapshot.shard.cell] = snapshot.step
        follow(min(steps.values()))
    return outcomes(experiment, pd.concat(tables, ignore_index=True))
