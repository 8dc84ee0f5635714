"""How the answers of a model depend on its inputs: by derivative, and by what changing one does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from models.diagnostics.trajectory import Trajectory
from models.experiment.random_streams import Stream, generator
from models.population.norm import norm
from models.tasks.task import Batch

if TYPE_CHECKING:
    from models.population.population import Population

ANSWERS_SHARE = 0.05
"""An input still has an effect if changing it changes at least this share of the answers."""


def connectivity(trajectory: Trajectory, V: Tensor) -> Tensor:
    """‖∂(logit at step T)/∂x_t‖₂ for t = 1 … T along the first sequence, (n, T), for n models.

    ``V`` (n, H) is each model's row of the readout that makes the logit. The norm, over the
    features of x_t, says how much the answer depends on the input at t (Madsen, "Visualizing
    memorization in RNNs", Distill 2019). Derivatives are taken in float64.
    """
    gradient = trajectory.in_double(0, 1).input_gradient(V.double())
    return norm(gradient[..., 0], dim=-1).T


@torch.no_grad()
def influence(population: Population, seeds: Sequence[int], lags: ArrayLike) -> np.ndarray:
    """The share of answers that change with one input, from 0 to 1, (models, lags).

    ``lags`` are those of all models, (lags,), or of each, (models, lags).

    B held-out sequences, the same ones at every call, are read twice, once with each side of
    ``Task.probe`` at the step ``lag`` before the last. An answer is another one if the class is,
    or if the value is off by more than the task's tolerance, at any scored step. NaN where the
    sequence does not reach back so far, or an output is not finite.
    """
    lags = np.asarray(lags)
    own = np.broadcast_to(lags, (len(population.lengths), lags.shape[-1]))
    return np.stack([_influence_at(population, seeds, column.tolist()) for column in own.T], axis=1)


def behaviour_horizon(lags: Sequence[int], influence: np.ndarray) -> int:
    """The farthest lag at which a changed input still changes ANSWERS_SHARE of the answers.

    ``influence`` (lags,) is the share of answers that change at each of ``lags``, from 0 to 1. The
    result is one of the lags, in steps, without interpolation, or 0 where the share is below at all
    of them. Nearer lags need not reach it: a model that has learned its task ignores the steps at
    which nothing informative ever stands, as at the end of a temporal order. Unlike memory, chaos
    changes answers too: of a model at chance the horizon says nothing.
    """
    reached = np.asarray(lags)[np.asarray(influence, float) >= ANSWERS_SHARE]
    return int(reached.max(initial=0))


def _influence_at(population: Population, seeds: Sequence[int], lags: Sequence[int]) -> np.ndarray:
    """The share of answers that change with the input at one lag of each model, (models,)."""
    task = population.task
    probes = [
        _probes(population, seed, length, lag)
        for seed, length, lag in zip(seeds, population.lengths, lags, strict=True)
    ]
    first, second = (_outputs(population, batches) for batches in zip(*probes, strict=True))
    shares = []
    for length, lag, one, other in zip(population.lengths, lags, first, second, strict=True):
        answers = other.argmax(dim=-2) if task.loss == "cross_entropy" else other.squeeze(-2)
        changed = ~task.correct(one, answers)
        valid = lag < task.steps(length) and bool((one.isfinite() & other.isfinite()).all())
        shares.append(changed.any(dim=0).double().mean().item() if valid else np.nan)
    return np.array(shares)


def _probes(population: Population, seed: int, length: int, lag: int) -> tuple[Batch, Batch]:
    source, task = generator(seed, length, Stream.PROFILE), population.task
    batch = task.sample(source, population.sequences, length, "held_out")
    return task.probe(source, batch, max(task.steps(length) - 1 - lag, 0))


def _outputs(population: Population, batches: Sequence[Batch]) -> list[Tensor]:
    """The outputs of each model at its scored steps, (scored steps, outputs, B)."""
    for model, batch in enumerate(batches):
        population.set_batch(model, batch)
    scored = [population.task.scored_steps(length) for length in population.lengths]
    return [own[-count:] for own, count in zip(population.outputs(), scored, strict=True)]
