"""Answers about a trained model, each from a process of its own; asked once, kept for everyone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.scheduling import draw_slots
from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.inside.model_choice import ModelChoice
from models.exchange.gates_csv import gates_table
from models.tasks.task import Example

SEQUENCES = 256
"""Held-out sequences of which a visitor can look at one."""
SCORED = 512
"""Held-out sequences on which probes and operations are scored."""


@dataclass(frozen=True)
class Share:
    """The share of right answers, with its exact 95% interval."""

    share: float
    low: float
    high: float
    sequences: int

    def __str__(self) -> str:
        """The share as a sentence has it, with interval and number of sequences."""
        return f"{self.share:.3f} ({self.low:.3f} to {self.high:.3f}, {self.sequences} sequences)"


@dataclass(frozen=True)
class Operation:
    """An operation that a button offers."""

    name: str
    title: str
    interventions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Trace:
    """Gates and states, (T, H) each by name, along one sequence or as a mean over many."""

    t: tuple[int, ...]
    values: dict[str, np.ndarray]
    sequences: tuple[int, ...]
    accuracy: Share
    units: pd.DataFrame
    words: tuple[str, ...]
    """A sentence about each unit."""
    operations: tuple[Operation, ...]
    model: dict[str, Any]
    example: Example | None
    text: str
    """The sequence as it can be typed; empty where it cannot, or where there is no one sequence."""
    predicted: str
    """What the model answers to the one sequence."""
    right: bool

    def table(self) -> pd.DataFrame:
        """The table of gates.csv."""
        return gates_table(self.model, self.t, self.values)

    def informative(self) -> tuple[int, ...]:
        """The informative steps, counted from 1; none where the trace is a mean over sequences."""
        informative = self.example.informative if self.example else ()
        return tuple(t for t, matters in enumerate(informative, start=1) if matters)


@dataclass(frozen=True)
class Probe:
    """The probe's accuracy step by step, and what a guess would get right."""

    table: pd.DataFrame
    chance: float


@dataclass(frozen=True)
class Operated:
    """What a network gets right before and after an operation."""

    title: str
    interventions: tuple[Mapping[str, Any], ...]
    before: Share
    after: Share
    own: Share | None
    """How often a sequence's own answer is given after a swap of memories; else None."""
    other: Share | None
    """How often the answer of the sequence whose memory it was given is; else None."""
    probe: pd.DataFrame


@draw_slots.released()
def trace(
    chosen: ModelChoice, sequence: int, event: str | None = None, typed: str | None = None
) -> Trace:
    """Gates and states on one sequence, or their mean over many aligned on ``event``.

    The one sequence is a held-out one by its number, or the ``typed`` one.

    Raises ChildError where there is no answer, as all questions of this module do.
    """
    more = {"sequence": sequence, "event": event, "typed": typed}
    return _traced(chosen.name, json.dumps(more), chosen)


@draw_slots.released()
def probe(chosen: ModelChoice) -> Probe:
    """What a linear probe reads from the states of the intact model. Raises ChildError."""
    return _probed(chosen.name, chosen)


@draw_slots.released()
def operate(
    chosen: ModelChoice, operation: str | None, interventions: tuple[Mapping[str, Any], ...] = ()
) -> Operated:
    """What comes of the operation of this name, or of these interventions. Raises ChildError."""
    more = {"operation": operation, "interventions": list(interventions)}
    return _operated(chosen.name, json.dumps(more), chosen)


@draw_slots.released()
def ablation(chosen: ModelChoice) -> pd.DataFrame:
    """Accuracy with each gate held at 0, at 1 and at its mean. Raises ChildError."""
    return _ablated(chosen.name, chosen)


@st.cache_resource(show_spinner=False, max_entries=60)
def _measured(name: str, _chosen: ModelChoice) -> dict[str, Any]:
    """What is the same for every sequence: fields of a trace by name."""
    answer = scheduler().ask("units", {**_chosen.arguments(), "sequences": SEQUENCES})
    return {
        "accuracy": Share(**answer["accuracy"]),
        "units": pd.DataFrame(answer["units"]),
        "words": tuple(answer["words"]),
        "operations": tuple(
            Operation(one["name"], one["title"], tuple(one["interventions"]))
            for one in answer["operations"]
        ),
    }


@st.cache_resource(show_spinner=False, max_entries=60)
def _traced(name: str, more: str, _chosen: ModelChoice) -> Trace:
    asked = {**_chosen.arguments(), "sequences": SEQUENCES, **json.loads(more)}
    answer = scheduler().ask("trace", asked)
    example = answer.get("example")
    return Trace(
        t=tuple(answer["t"]),
        values={gate: np.array(values, dtype=float) for gate, values in answer["values"].items()},
        sequences=tuple(answer["sequences"]),
        model=answer["model"],
        example=example
        and Example(tuple(example["symbols"]), tuple(example["informative"]), example["answer"]),
        text=answer.get("text", ""),
        predicted=answer.get("predicted", ""),
        right=bool(answer.get("right")),
        **_measured(name, _chosen),
    )


@st.cache_resource(show_spinner=False, max_entries=60)
def _probed(name: str, _chosen: ModelChoice) -> Probe:
    answer = scheduler().ask("probe", {**_chosen.arguments(), "sequences": SCORED})
    chance = answer.pop("chance")
    return Probe(pd.DataFrame(answer), chance)


@st.cache_resource(show_spinner=False, max_entries=120)
def _operated(name: str, more: str, _chosen: ModelChoice) -> Operated:
    asked = {**_chosen.arguments(), **json.loads(more), "sequences": SCORED}
    answer = scheduler().ask("operate", asked)
    swapped = answer["swapped"] or {}
    return Operated(
        answer["title"],
        tuple(answer["interventions"]),
        Share(**answer["before"]),
        Share(**answer["after"]),
        Share(**swapped["own"]) if swapped else None,
        Share(**swapped["other"]) if swapped else None,
        pd.DataFrame(answer["probe"]),
    )


@st.cache_resource(show_spinner=False, max_entries=60)
def _ablated(name: str, _chosen: ModelChoice) -> pd.DataFrame:
    return pd.DataFrame(scheduler().ask("ablation", {**_chosen.arguments(), "sequences": SCORED}))
