"""The gradient before the first training step, asked of the trainer's warm process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.scheduling import draw_slots
from dashboard.scheduling.app_resources import trainer
from models.experiment import Experiment

SETTINGS = (
    "task",
    "cells",
    "lengths",
    "seeds",
    "first_seed",
    "hidden_size",
    "match",
    "batch_size",
    "truncate",
)
"""What the models at birth depend on."""


@dataclass(frozen=True)
class Birth:
    """Rows at step 0, with the columns of the tables of a run."""

    gradients: pd.DataFrame
    diagnostics: pd.DataFrame


@draw_slots.left()
def at_birth(experiment: Experiment, length: int) -> Birth:
    """With all diagnostics at this length. Raises QuestionError where there is no answer.

    Each cell is asked about by itself: where one is changed, the others are known already.
    """
    sizes = experiment.hidden_sizes()
    found = [_of_cell(experiment, cell, sizes[cell], length) for cell in experiment.cells]
    return Birth(
        pd.concat([one.gradients for one in found], ignore_index=True),
        pd.concat([one.diagnostics for one in found], ignore_index=True),
    )


def _of_cell(experiment: Experiment, cell: str, hidden_size: int, length: int) -> Birth:
    alone = {"cells": (cell,), "hidden_size": hidden_size, "match": "hidden_size"}
    settings = {**vars(same_at_birth(experiment)), **alone}
    return _asked(Experiment.from_mapping(settings).to_json(), length)


def same_at_birth(experiment: Experiment) -> Experiment:
    """The experiment with all settings at their defaults that models at birth do not depend on."""
    return Experiment.from_mapping({name: getattr(experiment, name) for name in SETTINGS})


@st.cache_resource(show_spinner=False, max_entries=200)
def _asked(experiment: str, length: int) -> Birth:
    told = {"experiment": json.loads(experiment), "length": length}
    answer = trainer().ask("birth", told)
    return Birth(_gradients(answer["profiles"]), _rows(pd.DataFrame(answer["diagnostics"])))


@draw_slots.left()
def singular_values(experiment: Experiment, cell: str, length: int) -> pd.DataFrame:
    """lag, index and log_value of ∂h_T/∂h_{T-lag}, of the first seed. Raises QuestionError."""
    return _asked_values(same_at_birth(experiment).to_json(), cell, length)


@st.cache_resource(show_spinner=False, max_entries=50)
def _asked_values(experiment: str, cell: str, length: int) -> pd.DataFrame:
    told = {"experiment": json.loads(experiment), "cell": cell, "length": length}
    return pd.DataFrame(trainer().ask("singular_values", told))


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
