"""Populations: their gradient profiles, and what they are scored on."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from models.cells import make_cell
from models.experiment.partition import ModelKey
from models.population.evaluation import score
from models.population.make import make_population
from models.population.population import Population, initial_parameters
from models.tasks import make_task
from models.tasks.task import Batch

LENGTH, HIDDEN, SEQUENCES = 10, 6, 3


def population_of_one(
    cell: str, task: str, sequences: int = SEQUENCES, length: int = LENGTH
) -> Population:
    model, made = [ModelKey(length, 0, 0.01)], (make_cell(cell), make_task(task))
    parameters = initial_parameters(*made, model, HIDDEN, torch.device("cpu"))
    return make_population(*made, [length], HIDDEN, sequences, parameters)


def batch(task: str, seed: int) -> Batch:
    return make_task(task).sample(np.random.default_rng(seed), SEQUENCES, LENGTH)


def test_the_gradient_profile_of_a_batch_is_the_root_mean_square_over_its_sequences() -> None:
    made = partial(population_of_one, "rnn", "temporal_order")
    whole, together = batch("temporal_order", seed=0), made()
    together.set_batch(0, whole)
    (profile,) = together.gradient_profile()["h"]
    norms = []
    for sequence in range(SEQUENCES):
        single = made(sequences=1)
        single.set_batch(0, whole.subset(sequence, 1))
        norms.append(single.gradient_profile()["h"][0])
    expected = torch.stack(norms).square().mean(0).sqrt()
    torch.testing.assert_close(profile, expected, rtol=1e-4, atol=1e-12)


def test_a_score_counts_independent_sequences_and_no_image_twice() -> None:
    digits = population_of_one("rnn", "digits", sequences=80, length=64)
    assert score(digits, [0], "held_out", batches=5).sequences == 300
    assert score(digits, [0], "held_out", batches=2).sequences == 160
    drawn = population_of_one("rnn", "temporal_order", sequences=80)
    assert score(drawn, [0], "held_out", batches=5).sequences == 400
