"""A finite training set: the same sequences come again, in another order."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from models.experiment import Experiment
from models.experiment.partition import ModelKey, Shard
from models.tasks import make_task
from models.training.population_trainer import PopulationTrainer
from models.training.training_set import TrainingSet
from tests.models.exchange.test_script import loaded
from tests.models.training.small import CPU, small, trainer_of

BATCHES, SEQUENCES, LENGTH = 5, 8, 13


def batches(epoch: int, seed: int = 0) -> list[bytes]:
    experiment = Experiment(batch_size=SEQUENCES, training_batches=BATCHES)
    task = make_task(experiment.task)
    training_set = TrainingSet.of(experiment, task)
    assert training_set
    model = ModelKey(LENGTH, seed, 0.01)
    steps = range(epoch * BATCHES, (epoch + 1) * BATCHES)
    return [training_set.batch(model, step).inputs.tobytes() for step in steps]


def test_every_sequence_comes_once_before_any_comes_again() -> None:
    first, second = batches(0), batches(1)
    assert len(set(first)) == BATCHES
    assert set(second) == set(first)


def test_the_order_is_another_in_another_epoch_and_the_set_with_another_seed() -> None:
    assert len({tuple(batches(epoch)) for epoch in range(6)}) > 3
    assert not set(batches(0)) & set(batches(0, seed=1))


def test_without_one_sequences_are_fresh() -> None:
    assert TrainingSet.of(Experiment(), make_task("adding")) is None


def test_training_goes_on_from_a_checkpoint_to_the_same_bits() -> None:
    whole = trainer_of(training_batches=3, steps=7)
    for _ in range(7):
        whole.train_step()
    begun = trainer_of(training_batches=3, steps=7)
    for _ in range(4):
        begun.train_step()
    shard = Shard(begun.shard.cell, begun.models)
    again = PopulationTrainer(begun.experiment, shard, CPU, begun.checkpoint())
    for _ in range(3):
        again.train_step()
    assert torch.equal(again.parameters, whole.parameters)


def test_a_small_set_is_learnt_by_heart() -> None:
    """Distractors alone tell its sequences apart, and no order helps with others."""
    settings: dict[str, Any] = {"lengths": [10], "seeds": 1, "hidden_size": 24, "batch_size": 8}
    trainer = trainer_of(**settings, steps=200, training_batches=1)
    losses = [float(trainer.train_step().loss[0]) for _ in range(200)]
    assert np.mean(losses[-5:]) < 0.05


def test_the_script_has_one_too() -> None:
    scope = loaded(small(steps=9, training_batches=3))
    seen: list[bytes] = []
    model = scope["Model"]

    def looking(*given: Any) -> Any:
        made = model(*given)
        forward = made.forward

        def look(inputs: torch.Tensor, steps: int) -> torch.Tensor:
            seen.append(inputs.numpy().tobytes())
            out: torch.Tensor = forward(inputs, steps)
            return out

        made.forward = look
        return made

    scope["Model"] = looking
    scope["train"](next(iter(scope["CELLS"])), scope["LENGTHS"][0], 0)
    epochs = [set(seen[first : first + 3]) for first in (0, 3, 6)]
    assert len(epochs[0]) == 3
    assert epochs[0] == epochs[1] == epochs[2]
