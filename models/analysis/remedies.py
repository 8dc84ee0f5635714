"""One thing to try where a cell failed: other settings, why they should help, and the source."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from models.analysis.diagnosis import Verdict
from models.analysis.memory_span import memory_spans
from models.analysis.statistics import latest
from models.analysis.words import capitalise, join_words, number, of_all, with_article
from models.cells import CELLS
from models.experiment import Experiment
from models.experiment.experiment import MAX_STEPS, SETTINGS
from models.settings import spec
from models.settings.setting import Setting

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


def remedy(
    verdict: Verdict, experiment: Experiment, cell: str, tried: Collection[str] = ()
) -> Remedy | None:
    """The first of the verdict's remedies that changes something; None where there is none.

    ``tried`` are the names of those that were tried before.
    """
    alone = _alone(experiment, cell)
    for candidate in REMEDIES.get(verdict, ()):
        changed = candidate.change(alone, cell)
        if changed and candidate.name not in tried:
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
class Outcome:
    """What came of a remedy."""

    now: Reached
    """How far the changed cell got."""
    headline: str
    """The verdict in a line."""
    details: str
    """What was changed in all, and how far the cell got with and without it."""


@dataclass(frozen=True)
class Trial:
    """A remedy that is being tried, and what there was before."""

    remedy: Remedy
    verdict: Verdict
    """Why the cell failed."""
    experiment: Experiment
    """The settings with which it failed."""
    cell: str
    """The spec of the cell that failed."""
    length: int
    """The sequence length at which it failed."""
    before: Reached
    earlier: tuple[str, ...] = ()
    """The names of remedies that were tried on the way here."""

    @property
    def tried(self) -> tuple[str, ...]:
        """The names of the remedies that were tried, with this one."""
        return (*self.earlier, self.remedy.name)

    def of(self, experiment: Experiment, cell: str, length: int) -> bool:
        """Whether it is for this cell, which failed at this length of this experiment."""
        return (self.experiment, self.cell, self.length) == (experiment, cell, length)

    @property
    def title(self) -> str:
        """The change, and for which cell and length: "Chrono bias for the LSTM at T = 100"."""
        cell = with_article(self.cell)
        return f"{capitalise(self.remedy.name)} for {cell} at T = {self.length}"

    def outcome(self, accuracy: pd.DataFrame) -> Outcome | None:
        """What the run of the remedy shows beside the one before; None before its first rows.

        Where the cell as it was is trained again in the run, with all that was changed besides, the
        changed cell has to do better than that as well.
        """
        now = Reached.of(accuracy, self.remedy.cell, self.length)
        if now is None:
            return None
        changed_cell = self.cell != self.remedy.cell
        again = Reached.of(accuracy, self.cell, self.length) if changed_cell else None
        step, steps = int(accuracy["step"].max()), self.remedy.experiment.steps
        after = f" after {of_all(step, steps, 'step')}" if step < steps else ""
        headline = (
            f"{capitalise(self.remedy.name)}: {self._verdict(now, again)}. T = {self.length} is "
            f"solved with {of_all(now.solved, now.seeds, 'seed')} now{after}, "
            f"{self.before.solved} of {self.before.seeds} in the run that failed."
        )
        spans = [f"{now.span} now", f"{self.before.span} before"]
        details = f"Changed in all: {join_words(self._changes())}. "
        if again:
            details += (
                f"{capitalise(with_article(self.cell))}, trained again in this run with the rest, "
                f"solves T = {self.length} with {of_all(again.solved, again.seeds, 'seed')}. "
            )
            spans.insert(1, f"{again.span} where only the rest was changed")
        return Outcome(now, headline, f"{details}Memory span: {join_words(spans)}.")

    def following(self, verdict: Verdict | None, now: Reached) -> Trial | None:
        """What to try next: for the changed cell, which failed so, or else for the first one.

        None where no remedy is left.
        """
        here = self.remedy.experiment, self.remedy.cell
        if verdict and (offered := remedy(verdict, *here, self.tried)):
            return Trial(offered, verdict, *here, self.length, now, self.tried)
        if offered := remedy(self.verdict, self.experiment, self.cell, self.tried):
            return replace(self, remedy=offered, earlier=self.tried)
        return None

    def _verdict(self, now: Reached, again: Reached | None) -> str:
        if now.solved <= self.before.solved:
            return "it did not help"
        if again and again.solved >= now.solved:
            return f"it helped, but {with_article(self.cell)} itself does as well with the rest"
        return "it helped" if now.solved == now.seeds else "it helped in part"

    def _changes(self) -> list[str]:
        """What is different from the settings before, the cell first."""
        before, after = _alone(self.experiment, self.cell), self.remedy.experiment
        parts = []
        if self.cell != self.remedy.cell:
            cells = with_article(self.remedy.cell), with_article(self.cell)
            parts.append(f"{cells[0]} instead of {cells[1]}")
        for setting in SETTINGS.values():
            old, new = getattr(before, setting.name), getattr(after, setting.name)
            if setting.name != "cells" and old != new:
                texts = _in_words(setting, new), _in_words(setting, old)
                parts.append(f"{setting.label.lower()} {texts[0]} instead of {texts[1]}")
        return parts


def _in_words(setting: Setting, value: Any) -> str:
    values = value if setting.several else [value]
    return join_words(
        [setting.in_words(one) if isinstance(one, str) else number(one) for one in values]
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
