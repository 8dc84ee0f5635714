"""What a state still tells: a linear probe reads the answer from it, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from models.analysis.statistics import clopper_pearson
from models.diagnostics.inside.trained_model import TrainedModel
from models.diagnostics.trajectory import State
from models.tasks.task import Batch, Task

RIDGE = 1e-3
"""The regularisation, in units of the state's mean variance over its units at that step.

Fixed, not tuned: what tunes a probe has to be held out once more.
"""
SMALLEST = 1e-12
"""Stands in for the variance of a state that is the same in every sequence."""
PERMUTATIONS = 20
"""Of the labels, in the control.

One is not enough: where a state has fallen into as many places as there are answers, a single one
gives each place some label by chance, and is right for none, one or several of them as a whole.
"""


COLUMNS = (
    *("state", "reads", "t", "accuracy", "low", "high"),
    *("shuffled", "shuffled_low", "shuffled_high", "r2", "sequences"),
)


def linear_probe(model: TrainedModel, sequences: int = 512) -> pd.DataFrame:
    """``probe_curve`` of the model as it is."""
    fit, score = model.for_fitting(sequences), model.held_out(sequences)
    return probe_curve(
        model, (fit, model.trajectory(fit).states), (score, model.trajectory(score).states)
    )


@torch.no_grad()
def probe_curve(
    model: TrainedModel,
    fit: tuple[Batch, Sequence[State]],
    score: tuple[Batch, Sequence[State]],
) -> pd.DataFrame:
    """How well the answer is read from each state at every t, fitted on one, scored on the other.

    Columns: ``state``, ``reads`` (see ``questions``), ``t``, ``accuracy`` with its exact 95 %
    interval ``low`` and ``high``, ``r2`` (of values: the explained share of their variance; else
    NaN), ``sequences``, how many it was scored on, and the control: ``shuffled`` is the mean
    accuracy after fitting to labels that were permuted between the fitting sequences, in
    PERMUTATIONS ways, ``shuffled_low`` and ``shuffled_high`` are the least and the most accurate
    of them. A value is right within the task's tolerance.

    For each step, ridge regression in closed form, W = YXᵀ (XXᵀ + λn)⁻¹ with X and Y centred;
    Y is one row a class, 1 where it is the label, and the largest output is the answer
    (Hoerl & Kennard 1970; probes: Alain & Bengio 2016). λ is RIDGE times the mean variance of X.
    What is not finite in a state counts as 0.
    """
    (fitting, fit_states), (scoring, score_states) = fit, score
    given = questions(model.task, fitting, model.length)
    codes = {name: _Code(model.task, labels) for name, labels in given.items()}
    wanted = questions(model.task, scoring, model.length)
    tables = []
    for place, state in enumerate(model.cell.states):
        ridge = _Ridge(_features(fit_states, place), _features(score_states, place))
        read = _read(ridge, codes, np.arange(fitting.targets.shape[-1]))
        controls = _controls(ridge, codes, wanted)
        for name, labels in wanted.items():
            right = codes[name].right(read[name], labels)
            table = _shares(right).assign(**controls[name], state=state, reads=name)
            tables.append(table.assign(r2=codes[name].r2(read[name], labels)))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def questions(task: Task, batch: Batch, length: int) -> dict[str, np.ndarray]:
    """What is read: the labels (B,) by name.

    ``answer`` is the target at the last step, and ``answer 1`` … where several steps are scored;
    ``part 1`` … are the parts of an answer that has several.
    """
    scored = batch.targets[-task.scored_steps(length) :]
    names = ["answer"] if len(scored) == 1 else [f"answer {k + 1}" for k in range(len(scored))]
    asked = dict(zip(names, scored, strict=True))
    if task.loss == "cross_entropy" and len(scored) == 1:
        parts = task.answer_parts(scored[0])
        if len(parts) > 1:
            asked |= {f"part {k}": part for k, part in enumerate(parts, start=1)}
    return asked


class _Code:
    """Labels as rows (k, B) for a regression, and its outputs as answers."""

    def __init__(self, task: Task, labels: np.ndarray) -> None:
        self._task, self._is_value = task, task.loss == "squared_error"
        self._classes = np.unique(labels)
        rows = labels[None] if self._is_value else labels == self._classes[:, None]
        self.rows = torch.from_numpy(rows).double()

    def right(self, outputs: Tensor, labels: np.ndarray) -> Tensor:
        """Of outputs (T, k, B), (T, B)."""
        if self._is_value:
            return self._task.correct(outputs, torch.from_numpy(labels))
        # Along this dimension, max is eight times as fast as argmax.
        predicted = torch.from_numpy(self._classes)[outputs.max(dim=1).indices]
        return predicted == torch.from_numpy(labels)

    def r2(self, outputs: Tensor, labels: np.ndarray) -> np.ndarray | float:
        if not self._is_value:
            return np.nan
        wanted = torch.from_numpy(labels).double()
        missed = (outputs[:, 0] - wanted).square().mean(dim=-1)
        explained: np.ndarray = (1 - missed / wanted.var(correction=0)).numpy()
        return explained


def _features(states: Sequence[State], place: int) -> Tensor:
    """(T, H, B), float64."""
    values = torch.stack([state[place][0] for state in states[1:]]).double()
    return values.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)


class _Ridge:
    """Fits X (T, H, n) to anything, and says it of ``unseen`` (T, H, m)."""

    def __init__(self, X: Tensor, unseen: Tensor) -> None:
        _, hidden, count = X.shape
        size = X.square().mean(dim=(1, 2), keepdim=True).sqrt().clamp(min=torch.finfo(X.dtype).tiny)
        X, unseen = X / size, unseen / size
        mean = X.mean(dim=-1, keepdim=True)
        X = X - mean
        gram = X @ X.mT / count
        variance = gram.diagonal(dim1=-2, dim2=-1).mean(dim=-1).clamp(min=SMALLEST)
        one = torch.eye(hidden, dtype=X.dtype)
        inverse = torch.linalg.inv(gram + RIDGE * variance[:, None, None] * one)
        self._fit = (X.mT @ inverse / count).float()
        self._unseen = (unseen - mean).float()

    def __call__(self, Y: Tensor) -> Tensor:
        """Y (k, n) -> (T, k, m)."""
        mean = Y.mean(dim=-1, keepdim=True)
        said: Tensor = (Y - mean).float() @ self._fit @ self._unseen + mean.float()
        return said


def _read(ridge: _Ridge, codes: Mapping[str, _Code], order: np.ndarray) -> dict[str, Tensor]:
    """The outputs of each probe, fitted to its labels in this order."""
    rows = [code.rows for code in codes.values()]
    outputs = ridge(torch.cat(rows)[:, order])
    return dict(zip(codes, outputs.split([len(own) for own in rows], dim=1), strict=True))


def _controls(
    ridge: _Ridge, codes: Mapping[str, _Code], wanted: Mapping[str, np.ndarray]
) -> dict[str, dict[str, np.ndarray]]:
    source = np.random.default_rng(0)
    sequences = next(iter(codes.values())).rows.shape[-1]
    shares: dict[str, list[np.ndarray]] = {name: [] for name in codes}
    for _ in range(PERMUTATIONS):
        read = _read(ridge, codes, source.permutation(sequences))
        for name, labels in wanted.items():
            right = codes[name].right(read[name], labels)
            shares[name].append(right.sum(dim=1).numpy() / right.shape[1])
    return {
        name: {
            "shuffled": np.mean(own, axis=0),
            "shuffled_low": np.min(own, axis=0),
            "shuffled_high": np.max(own, axis=0),
        }
        for name, own in shares.items()
    }


def _shares(right: Tensor) -> pd.DataFrame:
    """One row a step, from (T, B)."""
    steps, sequences = right.shape
    count = right.sum(dim=1).numpy()
    low, high = clopper_pearson(count, sequences)
    shares = {"accuracy": count / sequences, "low": low, "high": high}
    return pd.DataFrame({"t": np.arange(1, steps + 1), **shares, "sequences": sequences})
