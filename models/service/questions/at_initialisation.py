"""What does the gradient look like before the first training step?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch

from models.experiment import Experiment
from models.experiment.cost.questions import MAX_SEEDS
from models.experiment.partition import partition
from models.tasks import make_task
from models.training.measurement import Measurement
from models.training.population_trainer import PopulationTrainer

CPU = torch.device("cpu")


def at_initialisation(experiment: Mapping[str, Any], length: int | None = None) -> dict[str, Any]:
    """The rows at step 0 that a run of this experiment would measure, of its first seeds.

    With a ``length``, what takes longest (spectral radius, Lyapunov exponent, theory, gates) is
    measured at that length alone and is NaN at the others.

    ``profiles``: cell, length, seed, state and ``norms``, ‖∂L/∂state_t‖ with t from 1 to T.
    ``diagnostics``, column by column: cell, length, seed, diagnostic, value. Raises
    ExperimentError.
    """
    wanted = Experiment.from_mapping(experiment)
    wanted.check_trainable()
    few = {"seeds": min(wanted.seeds, MAX_SEEDS), "learning_rate": wanted.learning_rate[:1]}
    asked = Experiment.from_mapping({**vars(wanted), **few})
    steps = None if length is None else make_task(asked.task).steps(length)
    profiles: list[dict[str, Any]] = []
    diagnostics: list[pd.DataFrame] = []
    for part in partition(asked):
        tables = Measurement(PopulationTrainer(asked, part, CPU)).at_initialisation(steps)
        profiles += _profiles(tables["gradients"])
        diagnostics.append(tables["diagnostics"])
    named = pd.concat(diagnostics)[["cell", "length", "seed", "diagnostic", "value"]]
    return {"profiles": profiles, "diagnostics": named.to_dict("list")}


def _profiles(gradients: pd.DataFrame) -> list[dict[str, Any]]:
    keys = ["cell", "length", "seed", "state"]
    return [
        {**dict(zip(keys, key, strict=True)), "norms": rows["gradient_norm"].tolist()}
        for key, rows in gradients.groupby(keys, sort=False)
    ]
