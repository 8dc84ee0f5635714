"""The form of a story of the Gradient flow page: a statement, and experiments that test it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.experiment import Experiment
from models.experiment.presets import Preset

View = Literal["initialisation", "training"]
"""The two views of the page: before training, and during it."""
States = Literal["h", "c", "both"]
"""Whose gradient a picture shows: of the short-term state, the long-term state, or both."""
Tables = Mapping[str, pd.DataFrame]
"""The tables of a run by name; of each cell and length, the models at one learning rate."""


@dataclass(frozen=True)
class Step:
    """One step of a story: what the page shows, and what is to be seen there."""

    text: str
    """What to look at, in one or two sentences."""
    view: View
    length: int
    """The sequence length of the pictures."""
    preset: int = 0
    """The place of the variant among the story's presets."""
    cell: str = ""
    """The cell spec of the heat map during training; empty for the experiment's first cell."""
    states: States = "h"
    """The states whose gradient is shown at initialisation."""


@dataclass(frozen=True)
class Story:
    """A statement about gradients, with experiments that test it."""

    name: str
    """The story's name in keys of the page."""
    title: str
    """The story's name on the page."""
    statement: str
    """The statement in one sentence."""
    text: str
    """The text in three to seven short sentences: what to look at, and why it is so."""
    source: str
    """The papers with their sections."""
    presets: tuple[Preset, ...]
    """The variants of the story."""
    steps: tuple[Step, ...]
    """What to look at one after the other; the first opens the story."""
    conclusion: Callable[[Experiment, Tables], str]
    """The function that says in sentences what a run of one variant shows of the statement.

    It takes the experiment and the tables of the run, which may still have few rows or none.
    """
