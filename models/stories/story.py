"""The form of a story of the Gradient flow page: claims to look at, or a statement of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.claims import Claim, Measured, number_of
from models.claims.record import recorded
from models.claims.words import seeds_in_words
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
    text: str
    """The text in three to seven short sentences: what to look at, and why it is so."""
    source: str
    """The papers with their sections."""
    presets: tuple[Preset, ...]
    """The variants of the story."""
    steps: tuple[Step, ...]
    """What to look at one after the other; the first opens the story."""
    conclusion: Callable[[Experiment, Tables], str]
    """The function that says in sentences what was measured in a run of one variant.

    It takes the experiment and the tables of the run, which may still have few rows or none.
    """
    claims: tuple[Claim, ...] = ()
    """The claims that the story is about."""
    own_statement: str = ""
    """The statement of a story that is about no claim."""

    @property
    def statement(self) -> str:
        """What the story is about, in one sentence a claim."""
        return self.own_statement or " ".join(claim.statement for claim in self.claims)

    def shown(self, experiment: Experiment, tables: Tables) -> str:
        """What a run of one variant shows: what was measured, and how it stands with the claims."""
        run = Measured(experiment, tables)
        of_claims = [_of_claim(claim, run) for claim in self.claims]
        return " ".join([self.conclusion(experiment, tables), *of_claims])


def _of_claim(claim: Claim, run: Measured) -> str:
    """For how many seeds of the run the claim holds, if it can say, and the recorded verdict.

    It cannot where the claim compares several runs, or needs cells which this one has not.
    """
    number, verdict = number_of(claim), recorded().of(claim.name).verdict
    if cases := claim.measured_cases([run]):
        return f"Claim {number} holds in {seeds_in_words(cases)}; tested in full it is {verdict}."
    return f"Claim {number}, tested in full, is {verdict}."
