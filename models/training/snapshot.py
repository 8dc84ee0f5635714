"""What training hands out while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from models.experiment.partition import ModelKey, Shard
from models.training.checkpoint import Checkpoint


@dataclass(frozen=True)
class Snapshot:
    """What one population measured since its last snapshot."""

    shard: Shard
    """The models of the population."""
    step: int
    """Optimiser steps done."""
    tables: dict[str, pd.DataFrame]
    """The new rows of each table of ``models.analysis.schema``, without the column ``run``."""
    weights: Mapping[ModelKey, np.ndarray] = field(default_factory=dict)
    """Only in a population's last one: the parameters (P,), float32, of the models to keep."""
    checkpoint: Checkpoint | None = None
    """Now and then, and where training is stopped: to continue from."""

    @property
    def cell(self) -> str:
        """The spec of the cell that all its models have."""
        return self.shard.cell
