"""What a story of the Gradient flow page is: experiments, a statement, and what they show of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.experiment import Experiment
from models.experiment.presets import Preset

View = Literal["initialisation", "training"]
Tables = Mapping[str, pd.DataFrame]
"""The tables of a run by name; of each cell and length, the models at one learning rate."""


@dataclass(frozen=True)
class Story:
    """A statement about gradients, with experiments that test it."""

    name: str
    title: str
    statement: str
    """The statement, in one sentence."""
    text: str
    """Three or four sentences: what to look at, and why it is so."""
    source: str
    """Paper and section."""
    opens: View
    """Where the story is seen best: before training, or during it."""
    presets: tuple[Preset, ...]
    """Its variants, the first of them shown first."""
    conclusion: Callable[[Experiment, Tables], str]
    """What the numbers of a run of one variant say of the statement; in plain sentences."""
    cell: str = ""
    """Whose heat map is shown first; else the first one's."""
    both_paths: bool = False
    """Whether it is about both states of the LSTM."""
