"""Compiles kernels before anybody waits for them."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from models.cells import make_cell
from models.diagnostics.jacobian import lyapunov_exponent
from models.diagnostics.trajectories import map_trajectories
from models.experiment.partition import ModelKey
from models.population.compiled import KERNELS, CompiledPopulation
from models.population.population import initial_parameters
from models.tasks import make_task

LOSSES = ("temporal_order", "adding")
"""A task with each loss."""
CELL_SPECS = (*KERNELS, *(f"{cell}:norm=layer" for cell in KERNELS), "rnn:norm=batch")
"""Cells by their machine code, the plain ones first: all options run in that of one of these.

The simple recurrent network alone normalises elsewhere in a batch than in a layer.
"""


def compile_cell(cell: str) -> Iterator[None]:
    """Compiles all that the cell needs, training first; pauses after each function or two.

    That takes seconds, or milliseconds where it is in the cache.
    """
    for task in LOSSES:
        population = _small(task, cell)
        population.score()
        yield
        population.differentiate()
        yield
    map_trajectories(population, [0], lambda _, trajectory: lyapunov_exponent(trajectory))
    yield


def _small(task_name: str, cell_spec: str) -> CompiledPopulation:
    cell, task = make_cell(cell_spec), make_task(task_name)
    model = ModelKey(length=task.minimum_length, seed=0, learning_rate=0.01)
    parameters = initial_parameters(cell, task, [model], 3, torch.device("cpu"))
    return CompiledPopulation(cell, task, [model.length], 3, 3, parameters)
