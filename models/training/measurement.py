"""What is measured of a population between two stretches of training, as rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from models.analysis.statistics import better_than_chance
from models.diagnostics.measure import (
    measure_connectivity,
    measure_influence,
    measure_profiles,
    measure_recurrence,
)
from models.population.evaluation import Scores, gradient_profile, score
from models.population.population import Population
from models.tasks.task import Split
from models.training.population_trainer import PopulationTrainer, StepRecord


class Measurement:
    """Measures one population in its training as it stands."""

    def __init__(self, training: PopulationTrainer) -> None:
        self.training = training
        self.experiment, self.task = training.experiment, training.task
        self.rows, self.step = training.rows, training.step
        self.seeds = [model.seed for model in training.models]

    def tables(self, records: Sequence[StepRecord]) -> dict[str, pd.DataFrame]:
        """New rows of each table; ``records`` are of the steps since it was called last."""
        population = self.training.population
        profiles = gradient_profile(population, self.seeds)
        # On the sequences of the profiles, which the population still has.
        of_models = measure_recurrence(population)
        connectivity = (
            measure_connectivity(population) if self.step == 0 or self.training.finished else []
        )
        scores = self._score(population, "held_out")
        measured = of_models | measure_profiles(profiles) | _parts(scores)
        tables = {
            "accuracy": self._accuracy(scores),
            "gradients": self.rows.profiles(self.step, profiles),
        }
        if connectivity:
            tables["connectivity"] = self.rows.per_time_step(
                self.step, "connectivity", connectivity
            )
        if self.training.finished:
            tables["influence"], horizons = self._behaviour(tables["accuracy"])
            measured |= horizons
        tables["diagnostics"] = self._diagnostics(measured)
        tables |= self.of_training(records)
        if len(self.experiment.learning_rate) > 1:
            tables["validation"] = self._scored(self._score(population, "validation"))
        if self.training.finished and self.experiment.test_lengths:
            parts = [self._generalisation(length) for length in self.experiment.test_lengths]
            tables["generalisation"] = pd.concat(parts, ignore_index=True)
        return tables

    def of_training(self, records: Sequence[StepRecord]) -> dict[str, pd.DataFrame]:
        """What the steps since it was called last have measured themselves."""
        tables = {"training": self._training(records)} if records else {}
        if overflows := self._overflows():
            tables["diagnostics"] = pd.concat(overflows, ignore_index=True)
        return tables

    def at_initialisation(self, only: int | None = None) -> dict[str, pd.DataFrame]:
        """Gradient profiles and diagnostics alone, without a look at how well a model does.

        With ``only`` the recurrence is looked at in models with so many steps alone.
        """
        profiles = gradient_profile(self.training.population, self.seeds)
        of_models = measure_recurrence(self.training.population, only)
        return {
            "gradients": self.rows.profiles(self.step, profiles),
            "diagnostics": self._diagnostics(of_models | measure_profiles(profiles)),
        }

    def _training(self, records: Sequence[StepRecord]) -> pd.DataFrame:
        measured = {
            name: torch.stack([getattr(record, name) for record in records]).cpu().numpy()
            for name in vars(records[0])
        }
        frame = self.rows.per_step(self.step - len(records) + 1, measured)
        return frame[frame.pop("training")].reset_index(drop=True)

    def _accuracy(self, scores: Scores) -> pd.DataFrame:
        lengths = self.training.population.lengths
        models = zip(scores.accuracy, scores.scored_loss, lengths, strict=True)
        return self._scored(scores).assign(
            **self._chance(self.training.population),
            solved=[self.task.solved(*model) for model in models],
            diverged=(~self.training.alive).cpu().numpy(),
        )

    def _diagnostics(self, measured: Mapping[str, np.ndarray]) -> pd.DataFrame:
        ratio = self.training.optimiser.update_ratio().cpu().numpy()
        measured = {**measured, "update_ratio": ratio}
        rows = self.rows.repeated(len(measured)).per_model(
            step=self.step,
            diagnostic=np.repeat([*measured], len(self.seeds)),
            value=np.concatenate([*measured.values()]),
        )
        return pd.concat([rows, *self._overflows()], ignore_index=True)

    def _behaviour(self, accuracy: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
        population = self.training.population
        remembers = better_than_chance(accuracy).to_numpy()
        lags, shares, horizons = measure_influence(population, self.seeds, remembers)
        steps = np.array(population.schedule.lengths)
        rows = self.rows.repeated(len(lags)).per_model(
            step=self.step, t=np.subtract.outer(steps, lags).T.ravel(), influence=shares.T.ravel()
        )
        # NaN where a sequence does not reach back so far.
        influence = rows.dropna(subset="influence")
        return influence.reset_index(drop=True), horizons

    def _overflows(self) -> list[pd.DataFrame]:
        overflows, self.training.overflows = self.training.overflows, []
        return [
            self.rows.of(model).per_model(step=step, diagnostic=name, value=t)
            for step, model, where in overflows
            for name, t in where.items()
        ]

    def _generalisation(self, test_length: int) -> pd.DataFrame:
        trained = self.training.population
        population = self.training.population_of([test_length] * len(self.seeds))
        population.recurrence.copy_statistics(trained.recurrence)
        scored = self._scored(self._score(population, "held_out"))
        return scored.assign(test_length=test_length, **self._chance(population))

    def _score(self, population: Population, split: Split) -> Scores:
        chunks = -(-self.experiment.held_out // self.experiment.batch_size)
        return score(population, self.seeds, split, chunks)

    def _scored(self, scores: Scores) -> pd.DataFrame:
        return self.rows.per_model(
            step=self.step,
            accuracy=scores.accuracy,
            loss=scores.loss,
            sequences=scores.sequences,
        )

    def _chance(self, population: Population) -> dict[str, list[float]]:
        chance = [self.task.chance(length) for length in population.lengths]
        return {
            "chance_accuracy": [baseline.accuracy for baseline in chance],
            "chance_loss": [baseline.loss for baseline in chance],
        }


def _parts(scores: Scores) -> dict[str, np.ndarray]:
    """Accuracy of each part of an answer that has several."""
    parts = scores.part_accuracies.T
    if len(parts) < 2:
        return {}
    return {f"accuracy_part_{place}": share for place, share in enumerate(parts, start=1)}
