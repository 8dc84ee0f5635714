"""The training of one population: optimiser steps, and checkpoints to continue from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from models.cells import make_cell
from models.diagnostics.measure import overflow
from models.experiment import Experiment
from models.experiment.partition import ModelKey, Shard
from models.experiment.random_streams import Stream, generator
from models.kernels.threads import Threads
from models.optimisers import make_optimiser
from models.optimisers.schedule import rate_factor
from models.population.make import make_population
from models.population.population import Pass, Population, initial_parameters
from models.tasks import make_task
from models.tasks.task import Batch
from models.training.checkpoint import Checkpoint
from models.training.optimiser import PopulationOptimiser, clip, gradient_norm, is_clipped
from models.training.regularisation import omega
from models.training.training_set import TrainingSet

CHECKPOINT_SECONDS = 10.0
"""The least time between two checkpoints of a population."""
MAX_TURN_SECONDS = 20.0
"""The longest that a population trains before it hands out what it has measured."""

OPTIMISER, RUNNING = "optimiser ", "running "
"""What a checkpoint's names of optimiser state and of running statistics begin with."""


@dataclass(frozen=True)
class StepRecord:
    """What one optimiser step has measured of every model of a population."""

    step: int
    """Its number, from 1."""
    loss: Tensor
    """(S,), of the training batch."""
    accuracy: Tensor
    """(S,), of the training batch."""
    gradient_norm: Tensor
    """(S,), before clipping."""
    clipped: Tensor
    """(S,), whether clipping changed the gradient."""
    trained: Tensor
    """(S,), whether the model had not diverged before this step."""
    overflows: Mapping[ModelKey, Mapping[str, float]]
    """Of the models that diverged in this step, where in their sequences: see ``overflow``."""


class PopulationTrainer:
    """Trains the S models of a shard, of one cell, as one population.

    Parameters, optimiser and the population with its buffers are made when they are first used, so
    a population that waits for its first turn takes neither time nor memory.
    """

    def __init__(
        self,
        experiment: Experiment,
        shard: Shard,
        device: torch.device,
        checkpoint: Checkpoint | None = None,
        threads: Threads | None = None,
    ) -> None:
        self.experiment, self.shard, self.device = experiment, shard, device
        self.threads = threads
        self.models = shard.models
        self.cell, self.task = make_cell(shard.cell), make_task(experiment.task)
        self.training_set = TrainingSet.of(experiment, self.task)
        self.step = 0
        """Optimiser steps done."""
        self.started = False
        """Whether the first turn, at initialisation and without training, is over."""
        self._last_checkpoint = time.monotonic()
        if checkpoint:
            self._restore(checkpoint)

    @property
    def finished(self) -> bool:
        """Whether all optimiser steps of the experiment are done."""
        return self.started and self.step >= self.experiment.steps

    @property
    def evaluation_due(self) -> bool:
        """Whether the models are evaluated after this step: every so many, and after the last."""
        last = self.step == self.experiment.steps
        return last or self.step % self.experiment.evaluate_every == 0

    def train_to_evaluation(self, should_stop: Callable[[], bool]) -> list[StepRecord]:
        """Trains until an evaluation is due, or for MAX_TURN_SECONDS; returns the steps' records.

        The first call does not train: models are evaluated as they are initialised.
        """
        records: list[StepRecord] = []
        end = time.monotonic() + MAX_TURN_SECONDS
        while self.started and not should_stop():
            records.append(self.train_step())
            if self.evaluation_due or time.monotonic() >= end:
                break
        self.started = True
        return records

    def train_step(self) -> StepRecord:
        """Makes one optimiser step of every model that has not diverged, on its next sequences."""
        self._overflows: dict[ModelKey, dict[str, float]] = {}
        trained = ~self.diverged
        outcome, gradient = self.population.differentiate(
            "training",
            draw=self._draw,
            look=self._look,
            models=trained.nonzero().flatten().tolist(),
        )
        norm = gradient_norm(gradient)
        threshold, by = self.experiment.clip, self.experiment.clip_by
        clipped = clip(gradient, norm, threshold, by)
        # An optimiser that squares the gradient cannot use one whose square is not finite.
        used = (clipped.square() if self.optimiser.optimiser.squares else clipped).amax(dim=1)
        self.diverged = ~(trained & outcome.loss.isfinite() & norm.isfinite() & used.isfinite())
        self.optimiser.step(clipped, frozen=self.diverged)
        self.step += 1
        return StepRecord(
            step=self.step,
            loss=outcome.loss,
            accuracy=outcome.accuracy,
            gradient_norm=norm,
            clipped=is_clipped(gradient, norm, threshold, by),
            trained=trained,
            overflows=self._overflows,
        )

    def _draw(self, model: int) -> Batch:
        """The next sequences of a model; those of one length and seed get the same ones."""
        if self.training_set:
            return self.training_set.batch(self.models[model], self.step)
        length, sequences = self.models[model].length, self.experiment.batch_size
        return self.task.sample(self._streams[model], sequences, length)

    def _look(self, model: int, passed: Pass) -> None:
        """Adds the weighed ∂Ω/∂W_h to a model's gradient, and notes where it overflowed."""
        if self.cell.omega:
            W_h = self.population.view_of("W_h", self.parameters.detach())[model]
            _, slope = omega(self.cell, W_h, passed)
            self.population.view_of("W_h", passed.gradient[None])[0] += self.cell.omega * slope
        if not math.isfinite(passed.gradient.sum()):  # of finite numbers too, where they are huge
            self._overflows[self.models[model]] = overflow(self.cell.states, passed)

    @cached_property
    def parameters(self) -> Tensor:
        """The parameters of all models, (S, P), one row a model."""
        return initial_parameters(self.cell, self.task, self.models, self._hidden, self.device)

    @cached_property
    def population(self) -> Population:
        """The models on sequences of the lengths that they are trained at."""
        return self.population_at([model.length for model in self.models])

    def population_at(self, lengths: Sequence[int]) -> Population:
        """Makes a population of the same parameters for sequences of these lengths.

        ``lengths`` are those of each model, longest first.
        """
        return make_population(
            self.cell,
            self.task,
            lengths,
            self._hidden,
            self.experiment.batch_size,
            self.parameters,
            self.experiment.truncate,
            self.threads,
        )

    @cached_property
    def optimiser(self) -> PopulationOptimiser:
        """The optimiser of ``parameters``, with each model's learning rate."""
        rates = [model.learning_rate for model in self.models]
        return PopulationOptimiser(
            make_optimiser(self.experiment.optimiser),
            self.parameters,
            torch.tensor(rates, device=self.device),
            lambda step: rate_factor(self.experiment.schedule, step, self.experiment.steps),
        )

    @cached_property
    def diverged(self) -> Tensor:
        """Which models have diverged and are trained no further, (S,)."""
        return torch.zeros(len(self.models), dtype=torch.bool, device=self.device)

    @cached_property
    def _hidden(self) -> int:
        return self.experiment.hidden_sizes()[self.shard.cell]

    @cached_property
    def _streams(self) -> list[np.random.Generator]:
        """What the training sequences of each model are drawn from."""
        return [generator(model.seed, model.length, Stream.TRAINING) for model in self.models]

    def kept_weights(self) -> dict[ModelKey, np.ndarray]:
        """Returns the parameters (P,) of each model whose weights the experiment keeps."""
        vectors = self.parameters.detach().cpu().numpy()
        kept = self.experiment.kept_seeds
        return {
            model: vector.copy()
            for model, vector in zip(self.models, vectors, strict=True)
            if model.seed in kept
        }

    def checkpoint_if_due(self) -> Checkpoint | None:
        """Returns a checkpoint where the last one is CHECKPOINT_SECONDS old, and at the end."""
        now = time.monotonic()
        if now < self._last_checkpoint + CHECKPOINT_SECONDS and not self.finished:
            return None
        self._last_checkpoint = now
        return self.checkpoint()

    def checkpoint(self) -> Checkpoint:
        """Returns all that the next optimiser step depends on."""
        statistics = self.population.running_statistics()
        tensors = {
            "parameters": self.parameters.detach(),
            "alive": ~self.diverged,  # as older checkpoints have it
            **{OPTIMISER + name: values for name, values in self.optimiser.state().items()},
            **{RUNNING + name: values for name, values in statistics.items()},
        }
        return Checkpoint(
            self.step,
            {name: tensor.cpu().numpy().copy() for name, tensor in tensors.items()},
            [stream.bit_generator.state for stream in self._streams],
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        tensors = {
            name: torch.tensor(values, device=self.device)
            for name, values in checkpoint.arrays.items()
        }
        self.step, self.started = checkpoint.step, True
        self.parameters = tensors["parameters"].requires_grad_()
        self.diverged = ~tensors["alive"]
        self.optimiser.load_state(checkpoint.step, _with_prefix(OPTIMISER, tensors))
        self.population.load_statistics(_with_prefix(RUNNING, tensors))
        for stream, state in zip(self._streams, checkpoint.generators, strict=True):
            stream.bit_generator.state = state


def _with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose name begins with the prefix, by the rest of their names."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
