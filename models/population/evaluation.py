"""The evaluation of a population on sequences that training never sees."""

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
    """What each of the S models of a population reached on its sequences."""

    accuracy: np.ndarray
    """(S,), the share of right answers at the scored steps."""
    loss: np.ndarray
    """(S,), the mean over target steps."""
    scored_loss: np.ndarray
    """(S,), the mean over scored steps."""
    part_accuracies: np.ndarray
    """(S, parts), the share of right ones of each part of the answer."""
    sequences: int
    """The number of independent sequences of each model."""


@torch.no_grad()
def score(population: Population, seeds: Sequence[int], split: Split, batches: int) -> Scores:
    """Returns accuracy and loss over ``batches`` of B sequences that training never sees.

    They are the same sequences at every call, and the same for every cell; ``seeds`` are those of
    the models.
    """
    sequences = batches * population.sequences
    drawn = _draw(population, seeds, STREAMS[split], sequences, split)
    outcomes = []
    for first in range(0, sequences, population.sequences):
        for index, batch in enumerate(drawn):
            population.set_batch(index, batch.subset(first, population.sequences))
        outcomes.append(population.score())
    return Scores(
        accuracy=_mean([outcome.accuracy for outcome in outcomes]),
        loss=_mean([outcome.loss for outcome in outcomes]),
        scored_loss=_mean([outcome.scored_loss for outcome in outcomes]),
        part_accuracies=_mean([outcome.part_accuracies for outcome in outcomes]),
        sequences=population.task.independent(sequences, split),
    )


def gradient_profile(population: Population, seeds: Sequence[int]) -> dict[str, list[np.ndarray]]:
    """Returns ``Population.gradient_profile`` on B held-out sequences, the same at every call.

    By state, the norms (steps,) of each model; ``seeds`` are those of the models.
    """
    set_profile_batches(population, seeds)
    profiles = population.gradient_profile()
    return {state: [norm.cpu().numpy() for norm in norms] for state, norms in profiles.items()}


def set_profile_batches(population: Population, seeds: Sequence[int]) -> None:
    """Gives every model the B sequences that profiles and diagnostics are measured on."""
    batches = _draw(population, seeds, Stream.PROFILE, population.sequences, "held_out")
    for index, batch in enumerate(batches):
        population.set_batch(index, batch)


def _mean(batches: Sequence[Tensor]) -> np.ndarray:
    return torch.stack(list(batches)).double().mean(0).cpu().numpy()


def _draw(
    population: Population, seeds: Sequence[int], stream: Stream, sequences: int, split: Split
) -> list[Batch]:
    """The sequences of each model: models of one seed and length get the same ones."""
    drawn: dict[tuple[int, int], Batch] = {}
    models = list(zip(seeds, population.lengths, strict=True))
    for seed, length in dict.fromkeys(models):
        rng = generator(seed, length, stream)
        drawn[seed, length] = population.task.sample(rng, sequences, length, split)
    return [drawn[model] for model in models]
