"""Measurement models as they are: on held-out sequences, and by their gradient profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.experiment.random_streams import Stream, generator
from models.population.population import Population
from models.tasks.task import Batch, Split

STREAMS = {"held_out": Stream.HELD_OUT, "validation": Stream.VALIDATION}


@dataclass(frozen=True)
class Scores:
    """What each model of a population reached, (S,) each."""

    accuracy: np.ndarray
    loss: np.ndarray
    scored_loss: np.ndarray
    """At the scored steps alone."""
    part_accuracies: np.ndarray
    """Of each part of the answer, (S, parts)."""
    sequences: int
    """How many there were."""


@torch.no_grad()
def score(population: Population, seeds: Sequence[int], split: Split, chunks: int) -> Scores:
    """Accuracy and loss over ``chunks`` · B sequences that training never sees.

    They are the same ones at every call, and the same for every cell.
    """
    sequences = chunks * population.sequences
    batches = _draw(population, seeds, STREAMS[split], sequences, split)
    outcomes = []
    for first in range(0, sequences, population.sequences):
        for index, batch in enumerate(batches):
            population.set_batch(index, batch.part(first, population.sequences))
        outcomes.append(population.outcome())
    return Scores(
        accuracy=_mean([outcome.accuracy for outcome in outcomes]),
        loss=_mean([outcome.loss for outcome in outcomes]),
        scored_loss=_mean([outcome.scored_loss for outcome in outcomes]),
        part_accuracies=_mean([outcome.part_accuracies for outcome in outcomes]),
        sequences=sequences,
    )


def gradient_profile(population: Population, seeds: Sequence[int]) -> dict[str, list[np.ndarray]]:
    """``Population.gradient_profile`` on B held-out sequences, the same at every call."""
    set_profile_batches(population, seeds)
    profiles = population.gradient_profile()
    return {state: [norm.cpu().numpy() for norm in norms] for state, norms in profiles.items()}


def set_profile_batches(population: Population, seeds: Sequence[int]) -> None:
    """Gives every model the sequences that profiles and diagnostics are measured on."""
    batches = _draw(population, seeds, Stream.PROFILE, population.sequences, "held_out")
    for index, batch in enumerate(batches):
        population.set_batch(index, batch)


def _mean(parts: Sequence[Tensor]) -> np.ndarray:
    return torch.stack(list(parts)).double().mean(0).cpu().numpy()


def _draw(
    population: Population, seeds: Sequence[int], stream: Stream, sequences: int, split: Split
) -> list[Batch]:
    drawn: dict[tuple[int, int], Batch] = {}
    names = list(zip(seeds, population.lengths, strict=True))
    for seed, length in dict.fromkeys(names):
        source = generator(seed, length, stream)
        drawn[seed, length] = population.task.sample(source, sequences, length, split)
    return [drawn[name] for name in names]
