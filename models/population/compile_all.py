"""Compiles all kernels before anybody waits for them."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from models.cells import make_cell
from models.experiment.partition import ModelKey
from models.population.compiled import KERNELS, CompiledPopulation
from models.population.population import initial_parameters
from models.tasks import make_task

COMPILED_FOR = (("temporal_order", "none"), ("adding", "none"), ("temporal_order", "layer"))
"""A task with each loss, and a normalisation: all others run in the same machine code."""


def compile_all() -> Iterator[None]:
    """Compiles kernel after kernel, what is needed most first; pauses after each.

    Each takes a second or two, or milliseconds where it is in the cache.
    """
    for task, norm in COMPILED_FOR:
        for cell in KERNELS:
            population = _small(task, f"{cell}:norm={norm}")
            population.score()
            yield
            population.differentiate()
            yield


def _small(task_name: str, cell_spec: str) -> CompiledPopulation:
    cell, task = make_cell(cell_spec), make_task(task_name)
    model = ModelKey(length=task.minimum_length, seed=0, learning_rate=0.01)
    parameters = initial_parameters(cell, task, [model], 3, torch.device("cpu"))
    return CompiledPopulation(cell, task, [model.length], 3, 3, parameters)
