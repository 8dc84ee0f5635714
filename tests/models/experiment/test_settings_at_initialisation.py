"""Which settings matter before the first training step is stated with each setting, and true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.experiment import Experiment
from models.experiment.experiment import SETTINGS
from models.training.train import train

BASE = Experiment(
    cells=("rnn", "gru"),
    lengths=(10,),
    seeds=1,
    steps=0,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    device="cpu",
)
OTHERS: dict[str, Any] = {
    "task": "recall",
    "cells": ("rnn:gain=2", "gru"),
    "lengths": (12,),
    "seeds": 2,
    "first_seed": 1,
    "steps": 1,
    "hidden_size": 5,
    "match": "parameters",
    "batch_size": 5,
    "training_batches": 8,
    "learning_rate": (0.5,),
    "optimiser": "sgd",
    "schedule": "cosine",
    "clip": 0.001,
    "clip_by": "value",
    "truncate": 3,
    "evaluate_every": 7,
    "held_out": 16,
    "test_lengths": (12,),
    "keep_weights": "all",
    "device": "auto",
}
"""Another value of every setting."""


def profile(experiment: Experiment) -> np.ndarray:
    """The gradient norms of all models at step 0."""
    snapshots = train(experiment)
    gradients = pd.concat(
        [one.tables["gradients"] for one in snapshots if "gradients" in one.tables]
    )
    rows = gradients[gradients["step"] == 0].sort_values(["length", "seed", "cell", "t"])
    return rows["gradient_norm"].to_numpy()


@pytest.mark.parametrize("name", SETTINGS)
def test_the_gradient_at_initialisation_depends_on_the_settings_that_say_so(name: str) -> None:
    other = replace(BASE, **{name: OTHERS[name]})
    one, changed = profile(BASE), profile(other)
    same = one.shape == changed.shape and np.allclose(one, changed, rtol=1e-4)
    assert same is not SETTINGS[name].at_initialisation
    assert (other.at_initialisation() == BASE.at_initialisation()) is same
