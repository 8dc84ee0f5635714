"""The form of a published result: what a paper found, and the experiment that repeats it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.experiment import Experiment

Source = Literal["read in the paper", "as others quote it", "from memory", "not checked", ""]
"""How well a published number is known here; empty where there is none."""
READ: Source = "read in the paper"
QUOTED: Source = "as others quote it"
FROM_MEMORY: Source = "from memory"
UNCHECKED: Source = "not checked"


@dataclass(frozen=True)
class Comparison:
    """One number of a paper, and the same measured here."""

    what: str
    """What is compared, with its unit."""
    measure: Callable[[pd.DataFrame], str]
    """Ours in words, from the outcomes of the experiments (``models.published.outcomes``)."""
    published: str = ""
    """The paper's in words; empty where none is known here."""
    source: Source = ""
    """How well it is known."""


@dataclass(frozen=True)
class PublishedResult:
    """An experiment of a paper, repeated in its own setting as far as that can be had here."""

    name: str
    """The result's name in addresses and on the command line."""
    title: str
    """What it is about, in a few words."""
    references: tuple[str, ...]
    """The papers, by their keys in ``models.analysis.references``; none for what has no paper."""
    found: str
    """What the paper did and found, in one or two sentences."""
    differs: str
    """What is not as in the paper, and so what the comparison is worth."""
    experiments: tuple[Experiment, ...]
    """The experiments; where there are several they differ in ``clip`` alone."""
    comparisons: tuple[Comparison, ...]
    """What is set side by side."""
