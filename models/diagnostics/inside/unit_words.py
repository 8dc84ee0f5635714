"""What each unit of a trained cell does, in one short sentence from what was measured of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from models.analysis.words import join_words, number
from models.cells.cell import Cell
from models.cells.gate_names import GATE_NAMES
from models.diagnostics.inside.trained_model import TrainedModel
from models.tasks.task import Batch, Task

KEEPS, FADES = 0.9, 0.5
"""Least mean of the gate that keeps the state, of a unit that keeps and of one that fades."""
OPENS = 0.1
"""By how much a mean at one kind of input differs, at least, from the mean over all steps."""
OVER = "Over all held-out sequences"
"""What the sentences are about: not the one sequence on show."""
MOST_KINDS = 8
"""Most kinds of input that a sentence names."""


@torch.no_grad()
def unit_words(model: TrainedModel, batch: Batch) -> list[str]:
    """A sentence for each unit, from means over all sequences of the batch.

    It says how much of its state the unit keeps in a step, and at which kinds of input (those of
    ``Task.kinds``) it writes otherwise than on average.
    """
    cell, gates = model.cell, model.trajectory(batch).gates
    kinds = _kinds(model.task, batch)
    if cell.forget_gate is None:
        state = _means(gates[cell.candidate][:, 0], kinds)
        return [_without_gates(unit, *own) for unit, own in enumerate(state, start=1)]
    write = cell.input_gate or cell.forget_gate
    kept = _means(gates[cell.forget_gate][:, 0], {})
    written = _means(gates[write][:, 0], kinds)
    return [
        _with_gates(cell, unit, mean, *own)
        for unit, ((mean, _), own) in enumerate(zip(kept, written, strict=True), start=1)
    ]


def _kinds(task: Task, batch: Batch) -> dict[str, Tensor]:
    """Where each kind of input stands, (T, B) bool by its name, in alphabetical order."""
    sequences = range(batch.inputs.shape[-1])
    names = np.array([task.kinds(task.describe(batch, one)) for one in sequences]).T
    return {str(name): torch.from_numpy(names == name) for name in np.unique(names)}


def _means(values: Tensor, kinds: dict[str, Tensor]) -> list[tuple[float, dict[str, float]]]:
    """Of each unit the mean of ``values``, (T, H, B), over everything, and at each kind."""
    values = values.double()
    everywhere = values.mean(dim=(0, 2)).tolist()
    at = {
        name: ((values * there[:, None]).sum(dim=(0, 2)) / there.sum()).tolist()
        for name, there in kinds.items()
    }
    return [
        (mean, {name: means[unit] for name, means in at.items()})
        for unit, mean in enumerate(everywhere)
    ]


def _with_gates(
    cell: Cell, unit: int, kept: float, written: float, at_kinds: dict[str, float]
) -> str:
    """The sentence about a unit with a gate that keeps its state.

    ``kept`` is that gate's mean, ``written`` that of the gate that lets new values in, and
    ``at_kinds`` the latter's mean at each kind of input.
    """
    if not np.isfinite([kept, written]).all():
        return f"Unit {unit}: its gates are no finite numbers."
    keep, write = cell.forget_gate or "", cell.input_gate
    verb = "keeps" if kept >= KEEPS else "fades" if kept >= FADES else "forgets"
    text = f"{OVER} unit {unit} {verb}: {_name(keep)} {number(kept)} on average"
    sign = 1 if write else -1  # what is not kept is written
    opens = [name for name, mean in at_kinds.items() if sign * (mean - written) > OPENS]
    if opens:
        subject = f", {_name(write)} opens" if write else ", and falls"
        return f"{text}{subject} at {_listed(opens)}."
    if write:
        text += f", {_name(write)} {number(written)}"
    return f"{text}{', much the same at every input' * bool(at_kinds)}."


def _without_gates(unit: int, mean: float, at_kinds: dict[str, float]) -> str:
    """The sentence about a unit that writes its whole state anew at every step."""
    if not np.isfinite(mean):
        return f"Unit {unit}: its state is no finite number."
    differ = {name: own for name, own in at_kinds.items() if abs(own - mean) > OPENS}
    text = f"{OVER} unit {unit}, which has no gate, has a hidden state of {number(mean)} on average"
    if not differ:
        return f"{text}{', much the same at every input' * bool(at_kinds)}."
    means = [f"{number(own)} at {name}" for name, own in list(differ.items())[:MOST_KINDS]]
    return f"{text}, {join_words(means)}."


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MOST_KINDS
    return join_words([*names[:MOST_KINDS], *([f"{rest} more"] if rest > 0 else [])])


def _name(gate: str) -> str:
    return GATE_NAMES.get(gate, f"gate {gate}")
