"""The form of a claim: a statement, the experiments that test it, and when it counts as true.

A claim is split into cases, such as one for each cell. In a case one number is measured of every
seed, its effect, and the statement holds for a seed where that is on the right side of a margin.
``models.claims.decision`` makes a verdict of the cases; margins and rules were written before the
experiments were first run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from models.analysis.schema import no_rows
from models.analysis.statistics import select_learning_rate
from models.experiment import Experiment

SEEDS = 16
"""Seeds of every experiment in the quick setting: with them a case may have two seeds against it
and still be significant among all claims (14 of 16: p = 0.0021)."""
THOROUGH_SEEDS = 32
"""Seeds in the thorough setting."""
THOROUGH_STEPS = 2
"""The thorough setting trains so many times as long."""


@dataclass(frozen=True)
class Effect:
    """What is measured of every seed of a case, and from where on it speaks for the statement."""

    title: str
    """What it is, with its unit, as the title of an axis."""
    margin: float
    """A value beyond it speaks for the statement, one on the other side against it."""
    above: bool = True
    """Whether beyond is above; else it is below."""


@dataclass(frozen=True)
class Case:
    """One setting in which a statement is tested, with what was measured there."""

    title: str
    effect: Effect
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    """The effect of each seed, which may be infinite; NaN where it says nothing."""

    @classmethod
    def of(cls, title: str, effect: Effect, values: pd.Series) -> Case:
        """The case of a series with one value a seed, which is its index."""
        ordered = values.sort_index()
        return cls(title, effect, tuple(map(int, ordered.index)), tuple(map(float, ordered)))

    @property
    def holds(self) -> int:
        """The number of seeds that speak for the statement; on the margin is for nothing."""
        return sum(self._beyond(value) > 0 for value in self.values)

    @property
    def fails(self) -> int:
        """The number of seeds that speak against it."""
        return sum(self._beyond(value) < 0 for value in self.values)

    def _beyond(self, value: float) -> float:
        return value - self.effect.margin if self.effect.above else self.effect.margin - value


@dataclass(frozen=True)
class Measured:
    """A run: its experiment, and its tables by name."""

    experiment: Experiment
    tables: Mapping[str, pd.DataFrame]
    """Of each cell and length, the models at one learning rate."""

    @classmethod
    def selected(cls, experiment: Experiment, tables: Mapping[str, pd.DataFrame]) -> Measured:
        """A run of which each cell has at each length the rate that validates best."""
        validation = tables.get("validation", no_rows("validation"))
        chosen = {name: select_learning_rate(rows, validation) for name, rows in tables.items()}
        return cls(experiment, chosen)


@dataclass(frozen=True)
class Claim:
    """A statement of the literature as an experiment with a rule for its verdict."""

    name: str
    """The claim's name in addresses and on the command line."""
    title: str
    """What it is about, in a few words."""
    statement: str
    """The statement in one sentence."""
    source: str
    """The papers with their sections."""
    reasoning: str
    """How it is tested, why so, and what can be said against it."""
    changes: str
    """What would change the verdict."""
    experiments: tuple[Experiment, ...]
    """The experiments in the quick setting, from seed 0."""
    cases: Callable[[Sequence[Measured]], list[Case]]
    """The function from runs of the experiments, or of some of them, to cases.

    A case of which nothing was measured has no values.
    """
    any_case: bool = False
    """Whether one case is enough, as of what can happen; else it takes all of them."""

    def measured_cases(self, runs: Sequence[Measured]) -> list[Case]:
        """The cases of which these runs measured something."""
        return [case for case in self.cases(runs) if case.values]


def in_setting(experiment: Experiment, *, thorough: bool, first_seed: int) -> Experiment:
    """An experiment of a claim from another first seed, and with more seeds and steps if so."""
    moved = replace(experiment, first_seed=first_seed)
    if not thorough:
        return moved
    return replace(moved, seeds=THOROUGH_SEEDS, steps=THOROUGH_STEPS * moved.steps)
