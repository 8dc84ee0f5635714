"""Gate surgery: what a trained model can still do after interventions in its cell."""

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
"""The noise of an operation in standard deviations of the state."""
MAX_SEQUENCES = 256
"""The number of sequences from which it is read when a task's informative steps have come."""
CLAMPS: tuple[float | Literal["mean"], ...] = (0.0, 1.0, "mean")
"""The values at which the ablation table clamps each gate."""


@dataclass(frozen=True)
class Share:
    """A share of right answers with its exact 95 % interval.

    Where a sequence has several answers, it counts once, with the share of them that is right.
    """

    share: float
    """The share of right answers, from 0 to 1."""
    low: float
    """The lower end of the interval (Clopper & Pearson 1934)."""
    high: float
    """The upper end of the interval."""
    sequences: int
    """The number of sequences."""

    @classmethod
    def of(cls, right: torch.Tensor) -> Share:
        """The share of the answers that are ``right``, (answers, B)."""
        sequences = right.shape[-1]
        share = right.double().mean().item() if sequences else np.nan
        low, high = clopper_pearson(share * sequences, sequences)
        return cls(share, float(low), float(high), sequences)


@dataclass(frozen=True)
class TransplantResult:
    """Whose answers are given after a transplant, over the sequences whose two answers differ."""

    own: Share
    """The share of answers that are right for the sequence itself."""
    other: Share
    """The share of answers that are right for the sequence whose state it was given."""


@dataclass(frozen=True)
class SurgeryResult:
    """What interventions did to a model, on held-out sequences."""

    before: Share
    """The share of right answers of the intact model."""
    after: Share
    """The share of right answers with the interventions."""
    probe: pd.DataFrame
    """``probe_curve`` without and with the interventions: the column ``operated`` says which.

    Each is fitted on sequences that went through the same: it shows what a state still holds, not
    whether it holds it where it did before.
    """
    swapped: TransplantResult | None
    """The result of a Transplant, if one is among the interventions."""


@dataclass(frozen=True)
class Operation:
    """Interventions that a page offers under one title."""

    name: str
    """The operation's name in a request."""
    title: str
    """The operation in words."""
    interventions: tuple[Intervention, ...]
    """What is done, in this order."""


def operate(
    model: TrainedModel, interventions: Sequence[Intervention], sequences: int = 512
) -> SurgeryResult:
    """The model without and with the interventions, on so many sequences.

    Raises ExperimentError where the cell lacks what an intervention needs.
    """
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
    return SurgeryResult(
        before=_accuracy(model, intact[1].states, score),
        after=_accuracy(model, changed[1], score),
        probe=pd.concat(curves, ignore_index=True),
        swapped=_swapped(model, changed[1], score) if transplanted else None,
    )


def ablation_table(model: TrainedModel, sequences: int = 512) -> pd.DataFrame:
    """The accuracy with each gate clamped at 0, at 1 and at its mean: which gate a task needs.

    A gate is clamped in all units at all steps. One row a gate and value; columns: task, cell,
    length, seed, learning_rate, ``gate``, ``to``, ``accuracy``, ``low``, ``high`` (exact 95 %),
    ``sequences``. The first row is the intact model, with an empty gate and ``to``.
    """
    batch = model.held_out(sequences)
    intact = model.trajectory(batch)
    rows = [{"gate": "", "to": "", **_columns(_accuracy(model, intact.states, batch))}]
    for gate, to in product(model.cell.gates, CLAMPS):
        states = run_with(intact, [Clamp(gate, to, None, 1, model.steps)])
        share = _accuracy(model, states, batch)
        rows.append({"gate": gate, "to": str(to).removesuffix(".0"), **_columns(share)})
    return pd.DataFrame([{**model.named(), **row} for row in rows])


def operations(model: TrainedModel) -> dict[str, Operation]:
    """The operations that suit this cell and task, by name.

    The first symbol has come once it has in all of MAX_SEQUENCES sequences; memories are swapped
    when everything informative has come, or in the middle where that may be as late as the answer.
    """
    return {one.name: one for one in _operations(model)}


def _operations(model: TrainedModel) -> Iterator[Operation]:
    cell, steps = model.cell, model.steps
    middle = max(steps // 2, 1)
    scored = model.task.scored_steps(model.length)
    first, last = informative_steps(informative(model.task, model.held_out(MAX_SEQUENCES)))
    after_first = min(int(first.max()) + 1, steps)
    after_all = int(last.max()) if last.max() <= steps - scored else middle

    def clamp(gate: str, to: float, first: int = 1, last: int = steps) -> tuple[Clamp]:
        return (Clamp(gate, to, None, first, last),)

    keep, write, show = cell.forget_gate, cell.input_gate, cell.output_gate
    if keep:
        yield Operation("keep_all", f"Clamp {keep} to 1", clamp(keep, 1.0))
        yield Operation("keep_nothing", f"Clamp {keep} to 0", clamp(keep, 0.0))
    if write:
        title = "Close the input gate after the first symbol"
        yield Operation("write_once", title, clamp(write, 0.0, after_first))
    elif keep:
        title = f"Keep all and write nothing after the first symbol ({keep} = 1)"
        yield Operation("write_once", title, clamp(keep, 1.0, after_first))
    if show and steps > 1:
        title = "Close the output gate until the answer"
        yield Operation("show_late", title, clamp(show, 0.0, 1, max(steps - scored, 1)))
    for state in reversed(cell.states):
        erase = Erase(state, middle)
        yield Operation(f"erase_{state}", f"Erase {state} at the middle", (erase,))
    for state in reversed(cell.states):
        noise = Noise(state, middle, NOISE_SCALE)
        yield Operation(f"noise_{state}", f"Add noise to {state} at the middle", (noise,))
    yield Operation("swap", "Swap the memories of two sequences", (Transplant(after_all),))


def _columns(share: Share) -> dict[str, object]:
    return {("accuracy" if name == "share" else name): value for name, value in vars(share).items()}


def _accuracy(model: TrainedModel, states: Sequence[State], batch: Batch) -> Share:
    """The share of right answers with these states, (1, H, B) each."""
    return Share.of(model.right(states, batch.targets))


def _swapped(model: TrainedModel, states: Sequence[State], batch: Batch) -> TransplantResult:
    targets, others = batch.targets, np.roll(batch.targets, 1, axis=-1)
    differ = _differ(model, targets, others)
    own, other = model.right(states, targets), model.right(states, others)
    return TransplantResult(Share.of(own[:, differ]), Share.of(other[:, differ]))


def _differ(model: TrainedModel, targets: np.ndarray, others: np.ndarray) -> torch.Tensor:
    """Whether each sequence has no answer that could be right by both targets, (B,).

    ``targets`` and ``others`` are (T, B).
    """
    scored = model.task.scored_steps(model.length)
    one, other = (torch.from_numpy(each)[-scored:] for each in (targets, others))
    if model.task.loss == "squared_error":
        return ~model.task.correct(other[:, None], one).all(dim=0)
    return (one != other).any(dim=0)
