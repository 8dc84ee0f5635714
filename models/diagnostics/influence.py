"""What a changed input does to the answers of a model: its memory, by behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from models.experiment.random_streams import Stream, generator
from models.tasks.task import Batch

if TYPE_CHECKING:
    from models.population.population import Population


@torch.no_grad()
def influence(population: Population, seeds: Sequence[int], lags: Sequence[int]) -> np.ndarray:
    """The share of answers that change with one input, (models, lags), from 0 to 1.

    B held-out sequences, the same ones at every call, are read twice, once with each side of
    ``Task.probe`` at the step ``lag`` before the last. An answer is another one if the class is,
    or if the value is off by more than the task's tolerance, at any scored step. NaN where the
    sequence does not reach back so far, or an output is not finite.
    """
    return np.stack([_at(population, seeds, lag) for lag in lags], axis=1)


def _at(population: Population, seeds: Sequence[int], lag: int) -> np.ndarray:
    """(models,)."""
    task = population.task
    probes = [
        _probes(population, seed, length, lag)
        for seed, length in zip(seeds, population.lengths, strict=True)
    ]
    first, second = (_outputs(population, batches) for batches in zip(*probes, strict=True))
    shares = []
    for length, one, other in zip(population.lengths, first, second, strict=True):
        answers = other.argmax(dim=-2) if task.loss == "cross_entropy" else other.squeeze(-2)
        changed = ~task.correct(one, answers)
        known = lag < task.steps(length) and bool((one.isfinite() & other.isfinite()).all())
        shares.append(changed.any(dim=0).double().mean().item() if known else np.nan)
    return np.array(shares)


def _probes(population: Population, seed: int, length: int, lag: int) -> tuple[Batch, Batch]:
    source, task = generator(seed, length, Stream.PROFILE), population.task
    batch = task.sample(source, population.sequences, length, "held_out")
    return task.probe(source, batch, max(task.steps(length) - 1 - lag, 0))


def _outputs(population: Population, batches: Sequence[Batch]) -> list[Tensor]:
    """Of each model at its scored steps, (scored steps, outputs, B)."""
    task, schedule, recurrence = population.task, population.schedule, population.recurrence
    for model, batch in enumerate(batches):
        population.set_batch(model, batch)
    scored = [task.scored_steps(length) for length in population.lengths]
    weights, (V, b) = population.weights()
    recurrence.statistics = "running"
    h = recurrence.hidden_states(weights, max(scored))
    first = schedule.tail(max(scored))
    rows = [schedule.rows_of(model)[-count:] for model, count in enumerate(scored)]
    return [V[model] @ h[[row - first for row in own]] + b[model] for model, own in enumerate(rows)]
