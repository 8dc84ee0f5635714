"""The gradient before the first training step, of a run that measured it or measured on demand.

What is asked for is answered by a process of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.scheduling import draw_slots
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.session import current_run, recorded_examples
from dashboard.session.run_tables import Tables, from_results
from models.experiment import Experiment

MODELS = ["cell", "length", "seed", "learning_rate", "step"]
PROFILE = [*MODELS, "t", "state", "gradient_norm"]
VALUE = [*MODELS, "diagnostic", "value"]


@dataclass(frozen=True)
class InitialMeasurement:
    """Gradients and diagnostics at step 0, as rows of the tables of a run."""

    gradients: pd.DataFrame
    diagnostics: pd.DataFrame
    measured: tuple[str, ...] = ()
    """The cells whose rows were taken from a run."""

    @property
    def seeds(self) -> int:
        """The number of seeds that were measured."""
        return int(self.diagnostics["seed"].nunique())


@dataclass(frozen=True)
class TrainedRun:
    """A trained run, of the store or recorded, that started from the models in question."""

    name: str
    """The run as people call it."""
    key: str
    """Names the measurements in caches; it changes when more is measured."""
    experiment: Experiment
    tables: Tables
    recorded: bool = False
    """Whether it came with the app."""


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
        return TrainedRun(f"run {run.short_id}", key, run.experiment, tables)
    presets = recorded_examples.ALL_PRESETS
    for name in sorted(presets, key=lambda name: presets[name].experiment != experiment):
        preset = presets[name]
        if preset.experiment.at_initialisation() == wanted and (
            found := recorded_examples.example(name)
        ):
            title = f"the recorded run “{preset.title}”"
            tables, key = from_results(found), f"flow of example {name}"
            return TrainedRun(title, key, preset.experiment, tables, recorded=True)
    return None


@draw_slots.released()
def at_initialisation(
    experiment: Experiment, length: int, run: TrainedRun | None = None
) -> InitialMeasurement:
    """The measurement of all cells, with all diagnostics at this length.

    Raises ChildError where there is no answer.

    The rows of a cell that ``run`` has measured in all its models are taken from there, so that a
    page describes the cell before and after training from the same rows. Each other cell is
    measured by itself: where one cell changes, the others are in the cache.
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
    return _measured(Experiment.from_mapping(settings).to_json(), length)


@st.cache_resource(show_spinner=False, max_entries=100)
def _measured(experiment: str, length: int) -> InitialMeasurement:
    arguments = {"experiment": json.loads(experiment), "length": length}
    answer = scheduler().ask("at_initialisation", arguments)
    return InitialMeasurement(
        _gradients(answer["profiles"]), _rows(pd.DataFrame(answer["diagnostics"]))
    )


@draw_slots.released()
def singular_values(experiment: Experiment, cell: str, length: int) -> pd.DataFrame:
    """The singular values of ∂h_T/∂h_{T-lag} of the first seed: columns lag, index, log_value.

    Raises ChildError where there is no answer.
    """
    return _singular_values(experiment.at_initialisation().to_json(), cell, length)


@st.cache_resource(show_spinner=False, max_entries=50)
def _singular_values(experiment: str, cell: str, length: int) -> pd.DataFrame:
    arguments = {"experiment": json.loads(experiment), "cell": cell, "length": length}
    return pd.DataFrame(scheduler().ask("singular_values", arguments))


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
