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
Tables = Mapping[str, pd.DataFrame]
"""The tables of a run by name; of each cell and length, the models at one learning rate."""


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
    """The text in three to five sentences: what to look at, and why it is so."""
    source: str
    """The papers with their sections."""
    opens: View
    """The view in which the story is seen best."""
    presets: tuple[Preset, ...]
    """The variants of the story, of which the first is shown first."""
    conclusion: Callable[[Experiment, Tables], str]
    """The function that says in sentences what a run of one variant shows of the statement.

    It takes the experiment and the tables of the run, which may still have few rows or none.
    """
    cell: str = ""
    """The cell spec whose heat map is shown first; empty for the experiment's first cell."""
    both_paths: bool = False
    """Whether the story is about both states of the LSTM, h and c."""
