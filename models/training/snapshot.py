"""What training hands out: measured values as rows of the result tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from models.experiment.partition import ModelKey, Shard
from models.training.checkpoint import Checkpoint


@dataclass(frozen=True)
class Snapshot:
    """What one population measured since its last snapshot.

    ``tables`` holds the new rows of each table of ``models.analysis.schema``, without ``run``.
    """

    part: Shard
    """The population."""
    step: int
    """Optimiser steps done."""
    tables: dict[str, pd.DataFrame]
    weights: Mapping[ModelKey, np.ndarray] = field(default_factory=dict)
    """Of the models to keep, their parameters (P,), float32; only in a population's last one."""
    checkpoint: Checkpoint | None = None
    """Now and then, and where training is stopped: to go on from."""

    @property
    def cell(self) -> str:
        return self.part.cell


@dataclass(frozen=True)
class RowBuilder:
    """Makes rows that say which model they are about."""

    task: str
    cell: str
    models: Sequence[ModelKey]

    def of(self, model: ModelKey) -> RowBuilder:
        """The same of one model."""
        return RowBuilder(self.task, self.cell, [model])

    def repeated(self, times: int) -> RowBuilder:
        """The same models so many times, one after the other."""
        return RowBuilder(self.task, self.cell, [*self.models] * times)

    def per_model(self, **columns: object) -> pd.DataFrame:
        """One row a model; each column a value for all, or S values."""
        identity = {
            "task": self.task,
            "cell": self.cell,
            "length": [model.length for model in self.models],
            "seed": [model.seed for model in self.models],
            "learning_rate": [model.learning_rate for model in self.models],
        }
        return pd.DataFrame({**identity, **columns})

    def per_step(self, first: int, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """One row a model and step; each column (steps, S), from step ``first`` on."""
        steps = len(next(iter(columns.values())))
        frame = self.per_model()
        frame = frame.loc[np.tile(frame.index, steps)].reset_index(drop=True)
        frame["step"] = np.repeat(np.arange(first, first + steps), len(self.models))
        return frame.assign(**{name: values.ravel() for name, values in columns.items()})

    def profiles(self, step: int, profiles: Mapping[str, Sequence[np.ndarray]]) -> pd.DataFrame:
        """One row a model, state and t; ``profiles`` has the norms (steps,) of each model."""
        parts = [
            self.per_time_step(step, "gradient_norm", norms).assign(state=state)
            for state, norms in profiles.items()
        ]
        return pd.concat(parts, ignore_index=True)

    def per_time_step(self, step: int, name: str, values: Sequence[np.ndarray]) -> pd.DataFrame:
        """One row a model and t; ``values`` has what is called ``name``, (steps,) of each model."""
        identity = self.per_model(step=step)
        steps = [len(own) for own in values]
        frame = identity.loc[identity.index.repeat(steps)].reset_index(drop=True)
        frame["t"] = np.concatenate([np.arange(1, count + 1) for count in steps])
        return frame.assign(**{name: np.concatenate(list(values))})
