"""The gradient before the first training step: of a run that measured it, or asked for.

What is asked for is answered by the trainer's warm process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.scheduling import draw_slots
from dashboard.scheduling.app_resources import store, trainer
from dashboard.session import current_run, recorded_examples
from dashboard.session.run_tables import Tables, from_results
from models.experiment import Experiment
from models.experiment.presets import PRESETS
from models.stories import story_presets

MODELS = ["cell", "length", "seed", "learning_rate", "step"]
PROFILE = [*MODELS, "t", "state", "gradient_norm"]
VALUE = [*MODELS, "diagnostic", "value"]


@dataclass(frozen=True)
class InitialMeasurement:
    """Rows at step 0, with columns of the tables of a run."""

    gradients: pd.DataFrame
    diagnostics: pd.DataFrame
    measured: tuple[str, ...] = ()
    """The cells whose rows are those of a run."""

    @property
    def seeds(self) -> int:
        """Over how many seeds its medians are."""
        return int(self.diagnostics["seed"].nunique())


@dataclass(frozen=True)
class TrainedRun:
    """A run, or a recorded one, that started from these models."""

    name: str
    """In words, for people."""
    key: str
    """Names all that is measured by now: it changes with it."""
    experiment: Experiment
    tables: Tables


def trained(experiment: Experiment) -> TrainedRun | None:
    """The current run, or a recorded one, whose models at initialisation are this experiment's.

    A recorded run of exactly these settings comes before one that only starts from them.
    """
    wanted = experiment.at_initialisation()
    run = current_run.current()
    if run and run.experiment.at_initialisation() == wanted:
        reader = current_run.reader()
        tables = reader.read(store(), run.updated)
        key = f"flow of run {run.id}, version {reader.version}"
        return TrainedRun(f"run {run.id}", key, run.experiment, tables)
    presets = {**PRESETS, **story_presets()}
    for name in sorted(presets, key=lambda name: presets[name].experiment != experiment):
        preset = presets[name]
        if preset.experiment.at_initialisation() == wanted and (
            found := recorded_examples.example(name)
        ):
            title = f"recorded run of {preset.title}"
            return TrainedRun(
                title, f"flow of example {name}", preset.experiment, from_results(found)
            )
    return None


@draw_slots.released()
def at_initialisation(
    experiment: Experiment, length: int, run: TrainedRun | None = None
) -> InitialMeasurement:
    """With all diagnostics at this length. Raises QuestionError where there is no answer.

    A cell that ``run`` has measured in all its models is taken from there: what a page says of it
    before training and after is then made from the same rows. Each other cell is asked about by
    itself: where one is changed, the others are known already.
    """
    sizes = experiment.hidden_sizes()
    of_run = {cell: _of_run(run, cell, sizes[cell]) for cell in experiment.cells} if run else {}
    found = [
        of_run.get(cell) or _of_cell(experiment, cell, sizes[cell], length)
        for cell in experiment.cells
    ]
    return InitialMeasurement(
        pd.concat([one.gradients[PROFILE] for one in found], ignore_index=True),
        pd.concat([one.diagnostics[VALUE] for one in found], ignore_index=True),
        tuple(cell for cell, rows in of_run.items() if rows),
    )


def _of_run(run: TrainedRun, cell: str, hidden_size: int) -> InitialMeasurement | None:
    """The rows of one cell at step 0; None where some of its models have none yet."""
    if run.experiment.hidden_sizes().get(cell) != hidden_size:
        return None
    models = len(run.experiment.lengths) * run.experiment.seeds
    tables = (run.tables.gradients, run.tables.diagnostics)
    gradients, diagnostics = (
        rows[(rows["cell"] == cell) & (rows["step"] == 0)].sort_values("seed", kind="stable")
        for rows in tables
    )
    lives = diagnostics[diagnostics["diagnostic"] == "half_life_h"]
    complete = len(lives) == models == len(gradients[["length", "seed"]].drop_duplicates())
    return InitialMeasurement(gradients, diagnostics) if complete else None


def _of_cell(
    experiment: Experiment, cell: str, hidden_size: int, length: int
) -> InitialMeasurement:
    alone = {"cells": (cell,), "hidden_size": hidden_size, "match": "hidden_size"}
    settings = {**vars(experiment.at_initialisation()), **alone}
    return _asked(Experiment.from_mapping(settings).to_json(), length)


@st.cache_resource(show_spinner=False, max_entries=200)
def _asked(experiment: str, length: int) -> InitialMeasurement:
    arguments = {"experiment": json.loads(experiment), "length": length}
    answer = trainer().ask("at_initialisation", arguments)
    return InitialMeasurement(
        _gradients(answer["profiles"]), _rows(pd.DataFrame(answer["diagnostics"]))
    )


@draw_slots.released()
def singular_values(experiment: Experiment, cell: str, length: int) -> pd.DataFrame:
    """lag, index and log_value of ∂h_T/∂h_{T-lag}, of the first seed. Raises QuestionError."""
    return _asked_values(experiment.at_initialisation().to_json(), cell, length)


@st.cache_resource(show_spinner=False, max_entries=50)
def _asked_values(experiment: str, cell: str, length: int) -> pd.DataFrame:
    arguments = {"experiment": json.loads(experiment), "cell": cell, "length": length}
    return pd.DataFrame(trainer().ask("singular_values", arguments))


def _gradients(profiles: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(profiles)
    norms = frame.pop("norms")
    lengths = [len(own) for own in norms]
    frame = frame.loc[frame.index.repeat(lengths)].reset_index(drop=True)
    frame["t"] = np.concatenate([np.arange(1, length + 1) for length in lengths])
    frame["gradient_norm"] = np.concatenate(norms.to_list())
    return _rows(frame)


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(step=0, learning_rate=0.0)
