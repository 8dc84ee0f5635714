"""A model to look inside: its parameters, and sequences that nothing has seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.diagnostics.inside.trained_model import TrainedModel
from models.experiment import ExperimentError
from models.experiment.partition import ModelKey, Shard
from models.tasks import TASKS
from models.training.population_trainer import PopulationTrainer
from models.training.train import train
from tests.models.diagnostics.trained import quickly_trained, random_model


def columns(inputs: np.ndarray) -> set[bytes]:
    return {inputs[..., one].tobytes() for one in range(inputs.shape[-1])}


@pytest.mark.parametrize("task", TASKS)
def test_sequences_to_fit_on_are_never_those_to_score_on(task: str) -> None:
    model = random_model("rnn", task, 64 if task == "digits" else 20)
    fit, score = model.for_fitting(400), model.held_out(400)
    assert not columns(fit.inputs) & columns(score.inputs)
    again = model.held_out(400)
    np.testing.assert_array_equal(score.inputs, again.inputs)


def test_it_is_right_as_often_as_training_measured() -> None:
    model = quickly_trained("gru", "temporal_order", 10, 60)
    *_, last = train(model.experiment)
    measured = last.tables["accuracy"]["accuracy"].iloc[0]
    batch = model.held_out(2000)
    right = model.right(model.trajectory(batch).states, batch.targets).double().mean().item()
    assert right == pytest.approx(measured, abs=4 * (0.25 / 256) ** 0.5)


def test_at_initialisation_it_is_what_training_starts_from() -> None:
    model = random_model("lstm:bias=chrono")
    shard = Shard(model.name, (model.identity,))
    start = PopulationTrainer(model.experiment, shard, torch.device("cpu")).parameters[0].detach()
    np.testing.assert_array_equal(model.at_initialisation().parameters, start.numpy())


def test_what_cannot_be_this_model_is_refused() -> None:
    model = random_model("lstm")
    with pytest.raises(ExperimentError, match="cell is 'gru': choose from lstm"):
        replace(model, name="gru")
    with pytest.raises(ExperimentError, match="there are 3 parameters, but lstm with hidden size"):
        replace(model, parameters=np.zeros(3, np.float32))
    with pytest.raises(ExperimentError, match="needs sequences of at least 10"):
        TrainedModel(model.experiment, "lstm", ModelKey(3, 0, 0.01), model.parameters)
