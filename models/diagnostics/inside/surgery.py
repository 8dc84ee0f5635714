"""Gate surgery: what a trained model can still do after something was done to its cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
import torch

from models.analysis.statistics import clopper_pearson
from models.diagnostics.inside.gate_trace import informative, informative_steps
from models.diagnostics.inside.interventions import (
    Clamp,
    Erase,
    Intervention,
    Noise,
    Transplant,
    run_with,
)
from models.diagnostics.inside.linear_probe import probe_curve
from models.diagnostics.inside.trained_model import TrainedModel
from models.diagnostics.trajectory import State
from models.tasks.task import Batch

NOISE_SCALE = 1.0
LOOKED_AT = 256
"""Sequences in which it is looked up when a task's informative steps have come."""
HELD: tuple[float | Literal["mean"], ...] = (0.0, 1.0, "mean")
"""At what the ablation table holds each gate."""


@dataclass(frozen=True)
class Share:
    """A share of right answers with its exact 95 % interval.

    Where a sequence has several answers, it counts once, with the share of them that is right.
    """

    share: float
    low: float
    high: float
    sequences: int

    @classmethod
    def of(cls, right: torch.Tensor) -> Share:
        """Of (answers, B)."""
        sequences = right.shape[-1]
        share = right.double().mean().item() if sequences else np.nan
        low, high = clopper_pearson(share * sequences, sequences)
        return cls(share, float(low), float(high), sequences)


@dataclass(frozen=True)
class Swapped:
    """Whose answer is given after a transplant, where the two answers differ."""

    own: Share
    other: Share
    """That of the sequence whose state it was."""


@dataclass(frozen=True)
class Operated:
    """What an operation did, on held-out sequences."""

    before: Share
    after: Share
    probe: pd.DataFrame
    """``probe_curve``, with ``operated`` False and True.

    Each is fitted on sequences that went through the same: it tells what is still there, not
    whether it stands where it stood before.
    """
    swapped: Swapped | None
    """With a Transplant among the interventions."""


@dataclass(frozen=True)
class Operation:
    """Interventions with a name and a title."""

    name: str
    title: str
    interventions: tuple[Intervention, ...]


def operate(
    model: TrainedModel, interventions: Sequence[Intervention], sequences: int = 512
) -> Operated:
    """The model before and after. Raises ExperimentError where the cell lacks what they need."""
    for one in interventions:
        one.check(model.cell, model.hidden, model.steps)
    fit, score = model.for_fitting(sequences), model.held_out(sequences)
    intact = [model.trajectory(batch) for batch in (fit, score)]
    changed = [run_with(one, interventions) for one in intact]
    curves = [
        probe_curve(model, (fit, fitted), (score, scored)).assign(operated=operated)
        for operated, (fitted, scored) in (
            (False, [one.states for one in intact]),
            (True, changed),
        )
    ]
    transplanted = any(isinstance(one, Transplant) for one in interventions)
    return Operated(
        before=_accuracy(model, intact[1].states, score),
        after=_accuracy(model, changed[1], score),
        probe=pd.concat(curves, ignore_index=True),
        swapped=_swapped(model, changed[1], score) if transplanted else None,
    )


def ablation_table(model: TrainedModel, sequences: int = 512) -> pd.DataFrame:
    """Which gate does this task need? Each held at 0, at 1 and at its mean, all units and steps.

    Columns: task, cell, length, seed, learning_rate, ``gate``, ``to``, ``accuracy``, ``low``,
    ``high`` (exact 95 %), ``sequences``. The first row is the model as it is, with an empty gate
    and ``to``.
    """
    batch = model.held_out(sequences)
    intact = model.trajectory(batch)
    rows = [{"gate": "", "to": "", **_columns(_accuracy(model, intact.states, batch))}]
    for gate, to in product(model.cell.gates, HELD):
        states = run_with(intact, [Clamp(gate, to, None, 1, model.steps)])
        share = _accuracy(model, states, batch)
        rows.append({"gate": gate, "to": str(to).removesuffix(".0"), **_columns(share)})
    return pd.DataFrame([{**model.named(), **row} for row in rows])


def operations(model: TrainedModel) -> dict[str, Operation]:
    """What is one press each, by name: only what this cell has, at the steps of this task.

    The first symbol has come once it has in all sequences that are looked at; memories are swapped
    when everything informative has come, or in the middle where that may be as late as the answer.
    """
    return {one.name: one for one in _operations(model)}


def _operations(model: TrainedModel) -> Iterator[Operation]:
    cell, steps = model.cell, model.steps
    middle = max(steps // 2, 1)
    scored = model.task.scored_steps(model.length)
    first, last = informative_steps(informative(model.task, model.held_out(LOOKED_AT)))
    since = min(int(first.max()) + 1, steps)
    come = int(last.max()) if last.max() <= steps - scored else middle

    def clamp(gate: str, to: float, first: int = 1, last: int = steps) -> tuple[Clamp]:
        return (Clamp(gate, to, None, first, last),)

    keep, write, show = cell.forget_gate, cell.input_gate, cell.output_gate
    if keep:
        yield Operation("keep_all", f"Clamp {keep} to 1", clamp(keep, 1.0))
        yield Operation("keep_nothing", f"Clamp {keep} to 0", clamp(keep, 0.0))
    if write:
        title = "Close the input gate after the first symbol"
        yield Operation("write_once", title, clamp(write, 0.0, since))
    elif keep:
        title = f"Keep all and write nothing after the first symbol ({keep} = 1)"
        yield Operation("write_once", title, clamp(keep, 1.0, since))
    if show and steps > 1:
        title = "Close the output gate until the answer"
        yield Operation("show_late", title, clamp(show, 0.0, 1, max(steps - scored, 1)))
    for state in reversed(cell.states):
        erase = Erase(state, middle)
        yield Operation(f"erase_{state}", f"Erase {state} at the middle", (erase,))
    for state in reversed(cell.states):
        noise = Noise(state, middle, NOISE_SCALE)
        yield Operation(f"noise_{state}", f"Add noise to {state} at the middle", (noise,))
    yield Operation("swap", "Swap the memories of two sequences", (Transplant(come),))


def _columns(share: Share) -> dict[str, object]:
    return {("accuracy" if name == "share" else name): value for name, value in vars(share).items()}


def _accuracy(model: TrainedModel, states: Sequence[State], batch: Batch) -> Share:
    return Share.of(model.right(states, batch.targets))


def _swapped(model: TrainedModel, states: Sequence[State], batch: Batch) -> Swapped:
    targets, others = batch.targets, np.roll(batch.targets, 1, axis=-1)
    differ = _differ(model, targets, others)
    own, other = model.right(states, targets), model.right(states, others)
    return Swapped(Share.of(own[:, differ]), Share.of(other[:, differ]))


def _differ(model: TrainedModel, targets: np.ndarray, others: np.ndarray) -> torch.Tensor:
    """In which sequences no answer could be right by both, (B,)."""
    scored = model.task.scored_steps(model.length)
    one, other = (torch.from_numpy(each)[-scored:] for each in (targets, others))
    if model.task.loss == "squared_error":
        return ~model.task.correct(other[:, None], one).all(dim=0)
    return (one != other).any(dim=0)
