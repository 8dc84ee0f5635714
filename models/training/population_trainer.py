"""One population's part of an experiment: its population, optimiser and measurements."""

from __future__ import annotations

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
from models.population.population import Population, initial_parameters
from models.tasks import make_task
from models.training.checkpoint import Checkpoint
from models.training.optimiser import Adam, clip, clipped, gradient_norm
from models.training.regularisation import omega
from models.training.snapshot import RowBuilder

CHECKPOINT_SECONDS = 10.0
"""Least time between two checkpoints of a population."""
TURN_SECONDS = 20.0
"""How long it trains at most without handing out what it has measured."""

OPTIMISER, RUNNING = "optimiser ", "running "
"""How a checkpoint's names of the optimiser's state and of running statistics begin."""


@dataclass(frozen=True)
class StepRecord:
    """What one optimiser step measured of every model, (S,) each."""

    loss: Tensor
    accuracy: Tensor
    gradient_norm: Tensor
    """Before clipping."""
    clipped: Tensor
    training: Tensor
    """Whether the model had not diverged before."""


class PopulationTrainer:
    """Trains models of one cell: lengths × seeds × learning rates, as one population."""

    def __init__(
        self,
        experiment: Experiment,
        part: Shard,
        device: torch.device,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.experiment = experiment
        self.part, self.name, self.models = part, part.cell, part.models
        self.cell, self.task = make_cell(part.cell), make_task(experiment.task)
        self.rows = RowBuilder(experiment.task, part.cell, part.models)
        self.step = 0
        self.overflows: list[tuple[int, ModelKey, dict[str, float]]] = []
        """Of the models that diverged since the last snapshot: step, model, where."""
        self.initialised = False
        self.device = device
        self._saved = time.monotonic()
        if checkpoint:
            self._go_on_from(checkpoint)

    @property
    def finished(self) -> bool:
        return self.initialised and self.step >= self.experiment.steps

    def train_to_evaluation(self, should_stop: Callable[[], bool]) -> tuple[list[StepRecord], bool]:
        """Trains to the next evaluation, or for TURN_SECONDS where that is further.

        The second value says whether the population is to be evaluated now. The first call does
        not train: models are evaluated as they are initialised.
        """
        records: list[StepRecord] = []
        goal, end = self.step, time.monotonic() + TURN_SECONDS
        if self.initialised:
            every = self.experiment.evaluate_every
            goal = min(self.experiment.steps, (self.step // every + 1) * every)
            while self.step < goal and time.monotonic() < end and not should_stop():
                records.append(self.train_step())
        self.initialised = True
        return records, self.step == goal or should_stop()

    def checkpoint(self) -> Checkpoint:
        """Training as it stands between two optimiser steps."""
        tensors = {
            "parameters": self.parameters.detach(),
            "alive": self.alive,
            **{OPTIMISER + name: state for name, state in self.optimiser.state().items()},
            **{
                RUNNING + name: values
                for name, values in self.population.recurrence.running_statistics().items()
            },
        }
        arrays = {name: tensor.cpu().numpy().copy() for name, tensor in tensors.items()}
        streams = {
            f"{length} {seed}": stream.bit_generator.state
            for (length, seed), stream in self._streams.items()
        }
        return Checkpoint(self.step, arrays, streams)

    def checkpoint_if_due(self) -> Checkpoint | None:
        """Now and then, and at the end, so that nobody trains it again."""
        now = time.monotonic()
        if now < self._saved + CHECKPOINT_SECONDS and not self.finished:
            return None
        self._saved = now
        return self.checkpoint()

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        tensors = {
            name: torch.tensor(values, device=self.device)
            for name, values in checkpoint.arrays.items()
        }
        self.step, self.initialised = checkpoint.step, True
        self.parameters = tensors["parameters"].requires_grad_()
        self.alive = tensors["alive"]
        self.optimiser.load_state(checkpoint.step, _named(OPTIMISER, tensors))
        self.population.recurrence.load_state(_named(RUNNING, tensors))
        for (length, seed), stream in self._streams.items():
            stream.bit_generator.state = checkpoint.streams[f"{length} {seed}"]

    def train_step(self) -> StepRecord:
        """One optimiser step of every model, on fresh sequences."""
        self._set_training_batches()
        outcome = self.population.outcome("training")
        (gradient,) = torch.autograd.grad(outcome.loss.sum(), self.parameters)
        self._regularise(gradient)
        norm = gradient_norm(gradient)
        limit = self.experiment.clip, self.experiment.clip_by
        limited = clip(gradient, norm, *limit)
        training = self.alive
        # Adam squares the gradient: one that is finite, but not its square, ends a model as well.
        squared = limited.square().amax(dim=1)
        self.alive = training & outcome.loss.isfinite() & norm.isfinite() & squared.isfinite()
        self.optimiser.step(limited, self.alive)
        self.step += 1
        self._note_overflows(training & ~self.alive)
        cut = clipped(gradient, norm, *limit)
        return StepRecord(outcome.loss.detach(), outcome.accuracy, norm, cut, training)

    @cached_property
    def parameters(self) -> Tensor:
        """(S, P), one row a model."""
        return initial_parameters(self.cell, self.task, self.models, self._hidden, self.device)

    @cached_property
    def population(self) -> Population:
        return self.population_of([model.length for model in self.models])

    @cached_property
    def optimiser(self) -> Adam:
        rates = [model.learning_rate for model in self.models]
        return Adam(self.parameters, torch.tensor(rates, device=self.device))

    @cached_property
    def alive(self) -> Tensor:
        """Which models have not diverged, (S,)."""
        return torch.ones(len(self.models), dtype=torch.bool, device=self.device)

    def population_of(self, lengths: Sequence[int]) -> Population:
        """The models on sequences of these lengths, longest first."""
        return Population(
            self.cell,
            self.task,
            lengths,
            self._hidden,
            self.experiment.batch_size,
            self.parameters,
            self.experiment.truncate,
        )

    @cached_property
    def _hidden(self) -> int:
        return self.experiment.hidden_sizes()[self.name]

    @cached_property
    def _streams(self) -> dict[tuple[int, int], np.random.Generator]:
        return {
            (model.length, model.seed): generator(model.seed, model.length, Stream.TRAINING)
            for model in self.models
        }

    def kept_weights(self) -> dict[ModelKey, np.ndarray]:
        """The parameters (P,) of each model whose weights the experiment keeps."""
        vectors = self.parameters.detach().cpu().numpy()
        kept = self.experiment.kept_seeds
        return {
            model: vector.copy()
            for model, vector in zip(self.models, vectors, strict=True)
            if model.seed in kept
        }

    def _regularise(self, gradient: Tensor) -> None:
        """Adds ∂Ω/∂W_h, weighed, to the gradient (S, P) of cells that want it."""
        if self.cell.omega == 0:
            return
        W_h = self.population.weights()[0].W_h.detach()
        into = self.population.part("W_h", gradient)
        for model in range(len(self.models)):
            _, slope = omega(self.population.recurrence, W_h[model], model)
            into[model] += self.cell.omega * slope

    def _note_overflows(self, diverged: Tensor) -> None:
        """Where in their sequences the models went wrong that have diverged in this step."""
        for index in diverged.nonzero().flatten().tolist():
            where = overflow(self.population, index)
            self.overflows.append((self.step, self.models[index], where))

    def _set_training_batches(self) -> None:
        batches = {
            (length, seed): self.task.sample(stream, self.experiment.batch_size, length)
            for (length, seed), stream in self._streams.items()
        }
        for index, model in enumerate(self.models):
            self.population.set_batch(index, batches[model.length, model.seed])


def _named(beginning: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those whose name begins so, under the rest of their names."""
    return {
        name.removeprefix(beginning): tensor
        for name, tensor in tensors.items()
        if name.startswith(beginning)
    }
