"""One population's part of an experiment: its population, optimiser and measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from models.cells import make_cell
from models.evaluation import gradient_profile, score
from models.experiment import Experiment
from models.optimiser import Adam, clip, gradient_norm
from models.population import Population, initial_parameters
from models.randomness import Stream, generator
from models.sharing import Part
from models.snapshot import Rows, Snapshot
from models.tasks import make_task
from models.tasks.task import Split


@dataclass(frozen=True)
class StepRecord:
    """What one optimiser step measured of every model, (S,) each."""

    loss: Tensor
    accuracy: Tensor
    gradient_norm: Tensor
    """Before clipping."""
    training: Tensor
    """Whether the model had not diverged before."""


class CellTraining:
    """Trains models of one cell: lengths × seeds × learning rates, as one population."""

    def __init__(self, experiment: Experiment, part: Part, device: torch.device) -> None:
        self.experiment = experiment
        self.part, self.name, self.models = part, part.cell, part.models
        self.cell, self.task = make_cell(part.cell), make_task(experiment.task)
        self.rows = Rows(experiment.task, part.cell, part.models)
        self.step = 0
        self.born = False
        self.device = device

    @property
    def finished(self) -> bool:
        return self.born and self.step >= self.experiment.steps

    def advance(self, should_stop: Callable[[], bool]) -> Snapshot:
        """Is born, or trains to the next evaluation; then measures."""
        records: list[StepRecord] = []
        if self.born:
            every = self.experiment.evaluate_every
            goal = min(self.experiment.steps, (self.step // every + 1) * every)
            while self.step < goal and not should_stop():
                records.append(self.train_step())
        self.born = True
        return Snapshot(self.part, self.step, self._measure(records))

    def train_step(self) -> StepRecord:
        """One optimiser step of every model, on fresh sequences."""
        self._set_training_batches()
        outcome = self.population.outcome()
        (gradient,) = torch.autograd.grad(outcome.loss.sum(), self.parameters)
        norm = gradient_norm(gradient)
        training = self.alive
        self.alive = training & outcome.loss.isfinite() & norm.isfinite()
        self.optimiser.step(clip(gradient, norm, self.experiment.clip), self.alive)
        self.step += 1
        return StepRecord(outcome.loss.detach(), outcome.accuracy, norm, training)

    @cached_property
    def parameters(self) -> Tensor:
        """(S, P), one row a model."""
        return initial_parameters(self.cell, self.task, self.models, self._hidden, self.device)

    @cached_property
    def population(self) -> Population:
        return self._population([model.length for model in self.models])

    @cached_property
    def optimiser(self) -> Adam:
        rates = [model.learning_rate for model in self.models]
        return Adam(self.parameters, torch.tensor(rates, device=self.device))

    @cached_property
    def alive(self) -> Tensor:
        """Which models have not diverged, (S,)."""
        return torch.ones(len(self.models), dtype=torch.bool, device=self.device)

    @cached_property
    def _hidden(self) -> int:
        return self.experiment.hidden_sizes()[self.name]

    @cached_property
    def _streams(self) -> dict[tuple[int, int], np.random.Generator]:
        return {
            (model.length, model.seed): generator(model.seed, model.length, Stream.TRAINING)
            for model in self.models
        }

    def _population(self, lengths: Sequence[int]) -> Population:
        return Population(
            self.cell,
            self.task,
            lengths,
            self._hidden,
            self.experiment.batch_size,
            self.parameters,
        )

    def _set_training_batches(self) -> None:
        batches = {
            (length, seed): self.task.sample(stream, self.experiment.batch_size, length)
            for (length, seed), stream in self._streams.items()
        }
        for index, model in enumerate(self.models):
            self.population.set_batch(index, batches[model.length, model.seed])

    def _measure(self, records: Sequence[StepRecord]) -> dict[str, pd.DataFrame]:
        tables = {
            "accuracy": self._accuracy(),
            "gradients": self.rows.per_time_step(
                self.step, gradient_profile(self.population, self._seeds)
            ),
        }
        if records:
            tables["training"] = self._training(records)
        if len(self.experiment.learning_rate) > 1:
            tables["validation"] = self._scores(self.population, "validation")
        if self.finished and self.experiment.test_lengths:
            parts = [self._generalisation(length) for length in self.experiment.test_lengths]
            tables["generalisation"] = pd.concat(parts, ignore_index=True)
        return tables

    def _training(self, records: Sequence[StepRecord]) -> pd.DataFrame:
        measured = {
            name: torch.stack([getattr(record, name) for record in records]).cpu().numpy()
            for name in vars(records[0])
        }
        frame = self.rows.per_step(self.step - len(records) + 1, measured)
        clip = self.experiment.clip
        frame["clipped"] = (frame["gradient_norm"] > clip) & (clip > 0)
        return frame[frame.pop("training")].reset_index(drop=True)

    def _accuracy(self) -> pd.DataFrame:
        frame = self._scores(self.population, "held_out")
        pairs = zip(frame["accuracy"], frame["loss"], strict=True)
        return frame.assign(
            **self._chance(self.population),
            solved=[self.task.solved(accuracy, loss) for accuracy, loss in pairs],
            diverged=(~self.alive).cpu().numpy(),
        )

    def _generalisation(self, test_length: int) -> pd.DataFrame:
        population = self._population([test_length] * len(self.models))
        frame = self._scores(population, "held_out")
        return frame.assign(test_length=test_length, **self._chance(population))

    def _scores(self, population: Population, split: Split) -> pd.DataFrame:
        chunks = -(-self.experiment.held_out // self.experiment.batch_size)
        scores = score(population, self._seeds, split, chunks)
        return self.rows.per_model(
            step=self.step,
            accuracy=scores.accuracy,
            loss=scores.loss,
            sequences=chunks * self.experiment.batch_size,
        )

    def _chance(self, population: Population) -> dict[str, list[float]]:
        chance = [self.task.chance(length) for length in population.lengths]
        return {
            "chance_accuracy": [baseline.accuracy for baseline in chance],
            "chance_loss": [baseline.loss for baseline in chance],
        }

    @property
    def _seeds(self) -> list[int]:
        return [model.seed for model in self.models]
