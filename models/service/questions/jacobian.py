"""What does the product of a cell's Jacobians do, before the first training step?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from models.diagnostics.jacobian import log_singular_values
from models.diagnostics.trajectories import readable_trajectories
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import ModelKey, Shard
from models.population.evaluation import set_profile_batches
from models.training.population_trainer import PopulationTrainer

MAX_LAGS = 24


def singular_values(experiment: Mapping[str, Any], cell: str, length: int) -> dict[str, list[Any]]:
    """The singular values of ∂s_T/∂s_{T-lag} of a cell's first seed, along one held-out sequence.

    s is the whole state, of the LSTM h and c. Columns: lag, ``index`` (0 is the largest) and
    ``log_value``, natural logarithms, -inf for 0. Raises ExperimentError.
    """
    wanted = Experiment.from_mapping({**experiment, "lengths": [length]})
    if cell not in wanted.cells:
        raise ExperimentError(f"cell is {cell!r}: choose from {', '.join(wanted.cells)}")
    model = ModelKey(length, wanted.first_seed, wanted.learning_rate[0])
    training = PopulationTrainer(wanted, Shard(cell, (model,)), torch.device("cpu"))
    set_profile_batches(training.population, [model.seed])
    ((_, trajectory),) = readable_trajectories(training.population, [0])
    last = trajectory.steps - 1
    lags = np.unique(np.linspace(1, last, min(MAX_LAGS, last)).round().astype(int))
    (values,) = log_singular_values(trajectory, lags.tolist()).tolist()
    rows = [
        (lag, index, value)
        for lag, own in zip(lags.tolist(), values, strict=True)
        for index, value in enumerate(own)
    ]
    return dict(zip(("lag", "index", "log_value"), map(list, zip(*rows, strict=True)), strict=True))
