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
from models.training.tidy import TidyTables


class Measurement:
    """Measures the S models of a population as their training stands."""

    def __init__(self, trainer: PopulationTrainer) -> None:
        self.trainer = trainer
        self.experiment, self.task = trainer.experiment, trainer.task
        self.step = trainer.step
        self.seeds = [model.seed for model in trainer.models]
        self.tidy = TidyTables(trainer.experiment.task, trainer.shard.cell, trainer.models)

    def evaluation(self, records: Sequence[StepRecord]) -> dict[str, pd.DataFrame]:
        """Evaluates the models; returns the new rows of each table.

        ``records`` are those of the optimiser steps since the last snapshot. The tables influence
        and generalisation, and the horizon by behaviour, come at the end of training alone.
        """
        population, finished = self.trainer.population, self.trainer.finished
        profiles = gradient_profile(population, self.seeds)
        # On the sequences of the profiles, which the population still has.
        diagnostics = measure_recurrence(population)
        connectivity = measure_connectivity(population) if self.step == 0 or finished else []
        scores = self._score(population, "held_out")
        diagnostics = diagnostics | measure_profiles(profiles) | _answer_parts(scores)
        tables = {
            "accuracy": self._accuracy(scores),
            "gradients": self.tidy.profiles(self.step, profiles),
        }
        if connectivity:
            tables["connectivity"] = self.tidy.per_time_step(
                self.step, "connectivity", connectivity
            )
        if finished:
            tables["influence"], horizons = self._behaviour(tables["accuracy"])
            diagnostics |= horizons
        rows = [self._diagnostics(diagnostics), *self._overflows(records)]
        tables["diagnostics"] = pd.concat(rows, ignore_index=True)
        if len(self.experiment.learning_rate) > 1:
            tables["validation"] = self._scored(self._score(population, "validation"))
        if finished and self.experiment.test_lengths:
            lengths = [self._generalisation(length) for length in self.experiment.test_lengths]
            tables["generalisation"] = pd.concat(lengths, ignore_index=True)
        return self.of_steps(records) | tables

    def of_steps(self, records: Sequence[StepRecord]) -> dict[str, pd.DataFrame]:
        """Returns what the optimiser steps themselves have measured.

        The tables are training, and diagnostics where models diverged.
        """
        tables = {"training": self._training(records)} if records else {}
        if overflows := self._overflows(records):
            tables["diagnostics"] = pd.concat(overflows, ignore_index=True)
        return tables

    def at_initialisation(self, only: int | None = None) -> dict[str, pd.DataFrame]:
        """Returns the tables gradients and diagnostics, without scores.

        With ``only``, diagnostics of the recurrence are those of the models with so many time steps
        alone.
        """
        profiles = gradient_profile(self.trainer.population, self.seeds)
        diagnostics = measure_recurrence(self.trainer.population, only) | measure_profiles(profiles)
        return {
            "gradients": self.tidy.profiles(self.step, profiles),
            "diagnostics": self._diagnostics(diagnostics),
        }

    def _training(self, records: Sequence[StepRecord]) -> pd.DataFrame:
        def stacked(name: str) -> np.ndarray:
            values: np.ndarray = torch.stack([getattr(one, name) for one in records]).cpu().numpy()
            return values

        columns = ("loss", "accuracy", "gradient_norm", "clipped")
        steps = [record.step for record in records]
        rows = self.tidy.per_step(steps, {name: stacked(name) for name in columns})
        return rows[stacked("trained").ravel()].reset_index(drop=True)

    def _overflows(self, records: Sequence[StepRecord]) -> list[pd.DataFrame]:
        return [
            self.tidy.of(model).per_model(step=record.step, diagnostic=name, value=t)
            for record in records
            for model, places in record.overflows.items()
            for name, t in places.items()
        ]

    def _accuracy(self, scores: Scores) -> pd.DataFrame:
        lengths = self.trainer.population.lengths
        models = zip(scores.accuracy, scores.scored_loss, lengths, strict=True)
        return self._scored(scores).assign(
            **self._chance(self.trainer.population),
            solved=[self.task.solved(*model) for model in models],
            diverged=self.trainer.diverged.cpu().numpy(),
        )

    def _diagnostics(self, measured: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """The table diagnostics from values (S,), and with the optimiser's update ratio."""
        ratio = self.trainer.optimiser.update_ratio().cpu().numpy()
        measured = {**measured, "update_ratio": ratio}
        return self.tidy.repeated(len(measured)).per_model(
            step=self.step,
            diagnostic=np.repeat([*measured], len(self.seeds)),
            value=np.concatenate([*measured.values()]),
        )

    def _behaviour(self, accuracy: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
        """The table influence, and the horizon by behaviour (S,)."""
        population = self.trainer.population
        remembers = better_than_chance(accuracy).to_numpy()
        lags, shares, horizons = measure_influence(population, self.seeds, remembers)
        t = np.array(population.steps)[:, None] - lags
        rows = self.tidy.repeated(lags.shape[1]).per_model(
            step=self.step, t=t.T.ravel(), influence=shares.T.ravel()
        )
        # NaN where a sequence does not reach back so far.
        influence = rows.dropna(subset="influence")
        return influence.reset_index(drop=True), horizons

    def _generalisation(self, test_length: int) -> pd.DataFrame:
        trained = self.trainer.population
        population = self.trainer.population_at([test_length] * len(self.seeds))
        population.copy_statistics(trained)
        scored = self._scored(self._score(population, "held_out"))
        return scored.assign(test_length=test_length, **self._chance(population))

    def _score(self, population: Population, split: Split) -> Scores:
        batches = -(-self.experiment.held_out // self.experiment.batch_size)
        return score(population, self.seeds, split, batches)

    def _scored(self, scores: Scores) -> pd.DataFrame:
        return self.tidy.per_model(
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


def _answer_parts(scores: Scores) -> dict[str, np.ndarray]:
    """The accuracy (S,) of each part of an answer that has several."""
    accuracies = scores.part_accuracies.T
    if len(accuracies) < 2:
        return {}
    return {f"accuracy_part_{place}": own for place, own in enumerate(accuracies, start=1)}
