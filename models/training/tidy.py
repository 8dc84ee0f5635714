"""Values measured of a population as tidy tables: one row a measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.experiment.partition import ModelKey


@dataclass(frozen=True)
class TidyTables:
    """Makes tidy tables about S models of one cell.

    The first columns of each say which model a row is about: task, cell, length, seed,
    learning_rate.
    """

    task: str
    cell: str
    models: Sequence[ModelKey]

    def of(self, model: ModelKey) -> TidyTables:
        """Returns what makes tables about one model."""
        return TidyTables(self.task, self.cell, [model])

    def repeated(self, times: int) -> TidyTables:
        """Returns what makes tables about all models, then all again, so many times."""
        return TidyTables(self.task, self.cell, [*self.models] * times)

    def per_model(self, **columns: object) -> pd.DataFrame:
        """Makes one row a model; each column is one value for all, or S values."""
        identity = {
            "task": self.task,
            "cell": self.cell,
            "length": [model.length for model in self.models],
            "seed": [model.seed for model in self.models],
            "learning_rate": [model.learning_rate for model in self.models],
        }
        return pd.DataFrame({**identity, **columns})

    def per_step(self, steps: Sequence[int], columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """Makes one row a model and optimiser step; each column is (steps, S)."""
        frame = self.per_model()
        frame = frame.loc[np.tile(frame.index, len(steps))].reset_index(drop=True)
        frame["step"] = np.repeat(steps, len(self.models))
        return frame.assign(**{name: values.ravel() for name, values in columns.items()})

    def per_time_step(self, step: int, name: str, values: Sequence[np.ndarray]) -> pd.DataFrame:
        """Makes one row a model and t, with the ``values`` (T,) of each as the column ``name``."""
        identity = self.per_model(step=step)
        lengths = [len(own) for own in values]
        frame = identity.loc[identity.index.repeat(lengths)].reset_index(drop=True)
        frame["t"] = np.concatenate([np.arange(1, length + 1) for length in lengths])
        return frame.assign(**{name: np.concatenate(list(values))})

    def profiles(self, step: int, profiles: Mapping[str, Sequence[np.ndarray]]) -> pd.DataFrame:
        """Makes one row a model, state and t, of the gradient norms (T,) by state and model."""
        states = [
            self.per_time_step(step, "gradient_norm", norms).assign(state=state)
            for state, norms in profiles.items()
        ]
        return pd.concat(states, ignore_index=True)
