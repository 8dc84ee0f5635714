"""A trained cell at work: every gate and state at every step, and what its units are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from models.cells.cell import Cell
from models.diagnostics.inside.trained_model import TrainedModel
from models.diagnostics.saturation import NEAR
from models.diagnostics.trajectory import Trajectory
from models.experiment import ExperimentError
from models.tasks.task import Batch, Task

Event = Literal["start", "first", "last"]
"""What sequences are aligned on: their start, or their first or last informative step."""


@dataclass(frozen=True)
class GateTrace:
    """Gates and states, (steps, H) each, by name: gates in the order of the cell, then c, then h.

    z is the share that is kept, as in nn.GRU (in Cho et al. 2014 it is what is written).
    """

    t: np.ndarray
    """From 1; where sequences are aligned on an informative step, counted from that, which is 0."""
    values: Mapping[str, np.ndarray]
    sequences: np.ndarray
    """How many sequences each step is the mean of."""


def gate_trace(model: TrainedModel, batch: Batch, sequence: int = 0) -> GateTrace:
    """Along one sequence of the batch, step by step."""
    alone = batch.subset(sequence, 1) if model.cell.norm != "batch" else batch
    values = _values(model.trajectory(alone))
    column = 0 if model.cell.norm != "batch" else sequence
    t = np.arange(1, model.steps + 1)
    own = {name: value[..., column].numpy() for name, value in values.items()}
    return GateTrace(t, own, np.ones_like(t))


def mean_gate_trace(model: TrainedModel, batch: Batch, event: Event = "start") -> GateTrace:
    """The mean over the sequences of the batch, aligned on an event.

    Around an event there are the steps that at least half of the sequences have.
    """
    if event not in get_args(Event):
        raise ExperimentError(f"event is {event!r}: choose from {', '.join(get_args(Event))}")
    values = _values(model.trajectory(batch))
    steps, sequences = model.steps, batch.inputs.shape[-1]
    if event == "start":
        means = {name: value.mean(dim=-1).numpy() for name, value in values.items()}
        return GateTrace(np.arange(1, steps + 1), means, np.full(steps, sequences))
    first, last = informative_steps(informative(model.task, batch))
    at = first if event == "first" else last
    offsets = np.arange(1 - at.max(), steps - at.min() + 1)
    t = at + offsets[:, None]
    there = (t >= 1) & (t <= steps)
    enough = 2 * there.sum(axis=1) >= sequences
    offsets, t, there = offsets[enough], t[enough], there[enough]
    rows, weight = torch.from_numpy(np.clip(t, 1, steps) - 1), torch.from_numpy(there).float()
    means = {
        name: torch.stack(
            [
                value[own, :, torch.arange(sequences)].T @ counted / counted.sum()
                for own, counted in zip(rows, weight, strict=True)
            ]
        ).numpy()
        for name, value in values.items()
    }
    return GateTrace(offsets, means, there.sum(axis=1))


@torch.no_grad()
def specialisation(model: TrainedModel, batch: Batch) -> pd.DataFrame:
    """What gates have come to be for: one row a gate and unit.

    Columns: task, cell, length, seed, learning_rate, gate, unit (from 1), and over all steps and
    sequences
    - ``mean``, and ``mean_at_initialisation``, before the first training step on the same sequences
    - ``informative``, ``distractor``: the means at informative steps and at all others;
      ``selectivity`` is their difference and ``effect`` is that in pooled standard deviations
      (Cohen's d); NaN where a task has no steps of one of the two kinds
    - ``saturated``: the share of values nearer than NEAR to an end of their range; NaN for ReLU
    - ``time_constant``, ``time_constant_at_initialisation``: of the gate that keeps the state,
      1/(1 - mean), in steps (inf where it never forgets); else NaN
    """
    at_informative = torch.from_numpy(informative(model.task, batch))[:, None]
    now, born = model.trajectory(batch), model.at_initialisation().trajectory(batch)
    parts = []
    for gate, values in now.gates.items():
        mean, at_initialisation = _over_all(values[:, 0]), _over_all(born.gates[gate][:, 0])
        keeps = gate == model.cell.forget_gate
        columns = {
            "gate": gate,
            "unit": np.arange(1, model.hidden + 1),
            "mean": mean,
            "mean_at_initialisation": at_initialisation,
            **_selectivity(values[:, 0].double(), at_informative),
            "saturated": _saturated(model.cell, gate, values[:, 0]),
            "time_constant": _time_constant(mean) if keeps else np.nan,
            "time_constant_at_initialisation": _time_constant(at_initialisation)
            if keeps
            else np.nan,
        }
        parts.append(pd.DataFrame({**model.named(), **columns}))
    return pd.concat(parts, ignore_index=True)


def informative(task: Task, batch: Batch) -> np.ndarray:
    """Which steps of each sequence matter, (T, B)."""
    sequences = range(batch.inputs.shape[-1])
    return np.array([task.describe(batch, one).informative for one in sequences]).T


def informative_steps(at_informative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last of each sequence, (B,) each, from 1; of a sequence without: 1, T."""
    steps = len(at_informative)
    return at_informative.argmax(axis=0) + 1, steps - at_informative[::-1].argmax(axis=0)


def _values(trajectory: Trajectory) -> dict[str, Tensor]:
    """Every gate and state, (T, H, B)."""
    cell = trajectory.cell
    values = {gate: value[:, 0] for gate, value in trajectory.gates.items()}
    for place, name in reversed(list(enumerate(cell.states))):
        values.setdefault(name, torch.stack([state[place][0] for state in trajectory.states[1:]]))
    return values


def _selectivity(values: Tensor, at_informative: Tensor) -> dict[str, np.ndarray]:
    """Of values (T, H, B), over the steps (T, 1, B) that tell something and over the others."""
    values = values.double()
    means, variances, counts = [], [], []
    for chosen in (at_informative, ~at_informative):
        count = chosen.sum()
        mean = (values * chosen).sum(dim=(0, 2)) / count
        means.append(mean)
        deviation = (values - mean[:, None]) * chosen
        variances.append(deviation.square().sum(dim=(0, 2)))
        counts.append(count)
    difference = means[0] - means[1]
    spread = ((variances[0] + variances[1]) / (counts[0] + counts[1] - 2)).sqrt()
    columns = {
        "informative": means[0],
        "distractor": means[1],
        "selectivity": difference,
        "effect": difference / spread,
    }
    return {name: column.numpy() for name, column in columns.items()}


def _saturated(cell: Cell, gate: str, values: Tensor) -> np.ndarray | float:
    if gate == cell.candidate and cell.activation == "relu":
        return np.nan
    low = -1 if gate == cell.candidate and cell.activation == "tanh" else 0
    near = torch.minimum(values - low, 1 - values) < NEAR
    return _over_all(near.double())


def _over_all(values: Tensor) -> np.ndarray:
    """(T, H, B) -> (H,)."""
    mean: np.ndarray = values.double().mean(dim=(0, 2)).numpy()
    return mean


def _time_constant(kept: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        constant: np.ndarray = 1 / (1 - kept)
    return constant
