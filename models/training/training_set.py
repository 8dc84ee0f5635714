"""A finite training set: the same batches again and again, in a new order each time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.experiment import Experiment
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.tasks.task import Batch, Task

BATCHES, ORDERS = 1, 2
"""The parts of the random stream: what is in the batches, and in which order they come."""


@dataclass(frozen=True)
class TrainingSet:
    """The sequences of a training set, drawn anew whenever they are needed: none is kept.

    A batch always has the same sequences. All come once before any comes again.
    """

    task: Task
    sequences: int
    """The sequences of a batch."""
    batches: int

    @classmethod
    def of(cls, experiment: Experiment, task: Task) -> TrainingSet | None:
        """That of an experiment; None where every optimiser step has fresh sequences."""
        sequences, batches = experiment.batch_size, experiment.training_batches
        return cls(task, sequences, batches) if batches else None

    def batch(self, model: ModelKey, step: int) -> Batch:
        """The sequences of an optimiser step, from 0, of all models of this seed and length."""
        epoch, place = divmod(step, self.batches)
        number = int(_order(model.seed, model.length, epoch, self.batches)[place])
        stream = generator(model.seed, model.length, Stream.TRAINING_SET, BATCHES, number + 1)
        return self.task.sample(stream, self.sequences, model.length)


@lru_cache(maxsize=64)
def _order(seed: int, length: int, epoch: int, batches: int) -> np.ndarray:
    """The order of the batches in an epoch."""
    stream = generator(seed, length, Stream.TRAINING_SET, ORDERS, epoch + 1)
    return stream.permutation(batches).astype(np.int32)
