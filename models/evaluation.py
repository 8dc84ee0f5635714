"""Measuring models as they are: on held-out sequences, and by their gradient profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.population import Population
from models.randomness import Stream, generator
from models.tasks.task import Batch, Split

STREAMS = {"held_out": Stream.HELD_OUT, "validation": Stream.VALIDATION}


@dataclass(frozen=True)
class Scores:
    """What each model of a population reached, (S,) each."""

    accuracy: np.ndarray
    loss: np.ndarray


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
    )


def gradient_profile(population: Population, seeds: Sequence[int]) -> dict[str, list[np.ndarray]]:
    """``Population.gradient_profile`` on B held-out sequences, the same at every call."""
    batches = _draw(population, seeds, Stream.PROFILE, population.sequences, "held_out")
    for index, batch in enumerate(batches):
        population.set_batch(index, batch)
    profiles = population.gradient_profile()
    return {state: [norm.cpu().numpy() for norm in norms] for state, norms in profiles.items()}


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
