"""Trained models for the tests: with weights drawn at random, and quickly trained ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.diagnostics.inside.trained_model import TrainedModel
from models.experiment import Experiment
from models.experiment.partition import ModelKey
from models.training.train import train

HIDDEN = 5
SHORTEST = {"copy": 3, "digits": 66}


def random_model(cell: str, task: str = "temporal_order", length: int = 0) -> TrainedModel:
    """With normally distributed parameters."""
    length = length or SHORTEST.get(task, 12)
    experiment = Experiment(
        task=task, cells=(cell,), lengths=(length,), hidden_size=HIDDEN, learning_rate=(0.01,)
    )
    (name,) = experiment.cells
    count = experiment.parameter_count(name, HIDDEN)
    numbers = np.random.default_rng(1).normal(0, 0.7, count).astype(np.float32)
    return TrainedModel(experiment, name, ModelKey(length, 0, 0.01), numbers)


def quickly_trained(cell: str, task: str, length: int, steps: int) -> TrainedModel:
    experiment = Experiment(
        task=task, cells=(cell,), lengths=(length,), seeds=1, steps=steps, hidden_size=16
    )
    experiment = replace(experiment, evaluate_every=max(steps, 1), device="cpu")
    *_, last = train(experiment)
    ((identity, parameters),) = last.weights.items()
    return TrainedModel(experiment, last.cell, identity, parameters)
