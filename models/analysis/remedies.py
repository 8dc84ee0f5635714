"""One thing to try where a cell failed: other settings, why they should help, and the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from models.analysis.diagnosis import Verdict
from models.analysis.memory_span import memory_spans
from models.analysis.statistics import latest
from models.analysis.words import of_all, with_article
from models.cells import CELLS
from models.experiment import Experiment
from models.experiment.experiment import MAX_STEPS
from models.settings import spec

Change = Callable[[Experiment, str], tuple[Experiment, str] | None]
"""A function of an experiment of one cell alone, and of that cell: the changed experiment and the
cell as it is there; None where that would change nothing."""


@dataclass(frozen=True)
class Remedy:
    """A change of settings that may help a cell that failed."""

    name: str
    """The change in a few words, such as "chrono bias"."""
    why: str
    """Why it should help, in a sentence."""
    source: str
    """The paper that says so; empty where none is needed."""
    experiment: Experiment
    """The settings to train, of this cell alone or beside the cell as it was."""
    cell: str
    """The spec of the changed cell; the same as before where only other settings change."""


@dataclass(frozen=True)
class _Candidate:
    """A remedy for any experiment and cell."""

    name: str
    why: str
    source: str
    change: Change


def remedy(verdict: Verdict, experiment: Experiment, cell: str) -> Remedy | None:
    """The first of the verdict's remedies that changes something; None where there is none."""
    alone = _alone(experiment, cell)
    for candidate in REMEDIES.get(verdict, ()):
        changed = candidate.change(alone, cell)
        if changed:
            return Remedy(candidate.name, candidate.why, candidate.source, *changed)
    return None


@dataclass(frozen=True)
class Reached:
    """How far a cell got in a run."""

    solved: int
    """How many seeds solved the task at one length."""
    seeds: int
    span: str
    """The cell's memory span in words."""

    @classmethod
    def of(cls, accuracy: pd.DataFrame, cell: str, length: int) -> Reached | None:
        """What the table ``accuracy`` says of a cell and a length; None where it has no row."""
        rows = accuracy[accuracy["cell"] == cell]
        models = latest(rows[rows["length"] == length])
        if models.empty:
            return None
        (span,) = memory_spans(rows)["text"]
        return cls(int(models["solved"].sum()), len(models), str(span))


@dataclass(frozen=True)
class Trial:
    """A remedy that is being tried, and what there was before."""

    remedy: Remedy
    cell: str
    """The spec of the cell that failed."""
    length: int
    """The sequence length at which it failed."""
    before: Reached

    def outcome(self, accuracy: pd.DataFrame) -> str:
        """What the run of the remedy shows beside the one before; empty before its first rows."""
        now = Reached.of(accuracy, self.remedy.cell, self.length)
        if now is None:
            return ""
        return (
            f"Tried {self.remedy.name} for {with_article(self.cell)}. At T = {self.length}, "
            f"{of_all(self.before.solved, self.before.seeds, 'seed')} solved the task before, "
            f"{now.solved} of {now.seeds} do now. Memory span before: {self.before.span}, now: "
            f"{now.span}."
        )


def _set(change: Callable[[Experiment], dict[str, object]]) -> Change:
    """Other settings for the cell as it is; no change where they are what they were."""

    def changed(alone: Experiment, cell: str) -> tuple[Experiment, str] | None:
        other = Experiment.from_mapping({**vars(alone), **change(alone)})
        return None if other == alone else (other, cell)

    return changed


def _option(**values: str) -> Change:
    """Other options of the cell, which is trained beside the cell as it was.

    No change where the cell has no such option, has these values already, or has another option
    that does not go with them.
    """

    def changed(alone: Experiment, cell: str) -> tuple[Experiment, str] | None:
        described, chosen = spec.parse("cell", cell, CELLS)
        if not values.keys() <= chosen.keys():
            return None
        options = ",".join(f"{name}={value}" for name, value in {**chosen, **values}.items())
        try:
            other = spec.canonical("cell", f"{described.name}:{options}", CELLS)
        except spec.SpecError:
            return None
        return None if other == cell else (replace(alone, cells=(cell, other)), other)

    return changed


def _both(one: Change, other: Change) -> Change:
    """Two changes at once; none where the first changes nothing."""

    def changed(alone: Experiment, cell: str) -> tuple[Experiment, str] | None:
        first = one(alone, cell)
        return first and (other(*first) or first)

    return changed


def _alone(experiment: Experiment, cell: str) -> Experiment:
    """The experiment of this cell alone, which keeps the hidden size that it had beside others."""
    hidden = experiment.hidden_sizes()[cell]
    return replace(experiment, cells=(cell,), hidden_size=hidden, match="hidden_size")


CLIP = _Candidate(
    "clip at 1",
    "Where the norm is above 1 the whole gradient is scaled down to it: its direction stays, and "
    "no step throws the weights far off.",
    "Pascanu, Mikolov & Bengio 2013, section 3.2",
    _set(lambda e: {} if _clipped(e) else {"clip": 1.0, "clip_by": "norm"}),
)
SLOWER = _Candidate(
    "a quarter of the learning rate",
    "Smaller steps do not leap over what was learned.",
    "",
    _set(lambda e: {"learning_rate": (max(min(e.learning_rate) / 4, 1e-9),)}),
)
MORE_STEPS = _Candidate(
    "twice as many steps",
    "It has learned something, and nothing that was measured keeps it from learning the rest.",
    "",
    _set(lambda e: {"steps": min(2 * e.steps, MAX_STEPS)}),
)
CHRONO = _Candidate(
    "chrono bias",
    "The gates that keep the state start with time constants up to the length of the sequence, so "
    "that some units remember far back from the first step on.",
    "Tallec & Ollivier 2018",
    _option(bias="chrono"),
)
WHOLE = _Candidate(
    "back-propagation all the way",
    "What lies beyond the cut is never learned from.",
    "Williams & Peng 1990",
    _set(lambda e: {"truncate": 0}),
)
IDENTITY = _Candidate(
    "ReLU, identity weights and a quarter of the learning rate",
    "Each unit starts by keeping its value, and where it is above 0 the gradient passes it whole.",
    "Le, Jaitly & Hinton 2015",
    _both(
        _option(activation="relu", init="identity", gain="1", norm="none", gamma="1", omega="0"),
        SLOWER.change,
    ),
)

REMEDIES: dict[Verdict, tuple[_Candidate, ...]] = {
    "diverged": (IDENTITY, SLOWER),
    "too few steps": (MORE_STEPS,),
    "gradient exploded": (CLIP, SLOWER),
    "forgot again": (CLIP, SLOWER),
    "gradient truncated": (WHOLE,),
    "gate shut": (CHRONO,),
    "saturated": (IDENTITY,),
    "gradient vanished": (IDENTITY,),
    "at chance": (CHRONO, IDENTITY),
    "learned in part": (MORE_STEPS,),
}
"""What to try for each verdict: the first that changes something. Each was seen to help, with the
numbers in docs/failures.md; what was tried in vain is not offered."""


def _clipped(experiment: Experiment) -> bool:
    """Whether gradients are clipped by norm at 1 or below."""
    return 0 < experiment.clip <= 1 and experiment.clip_by == "norm"
