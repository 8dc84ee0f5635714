"""The population that suits a device."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from models.cells.cell import Cell
from models.kernels.threads import Threads
from models.kernels.version import COMPILED, kernels_on
from models.population.population import Population
from models.population.readable import ReadablePopulation
from models.tasks.task import Task


def make_population(
    cell: Cell,
    task: Task,
    lengths: Sequence[int],
    hidden: int,
    sequences: int,
    parameters: Tensor,
    truncate: int = 0,
    threads: Threads | None = None,
) -> Population:
    """Returns a population on the device of its parameters, as fast as it can be had there.

    A cell without a kernel of its own is run by its readable step, as all are where there is no
    numba. ``threads`` are those that share out the models; by default there is one.
    """
    arguments = (cell, task, lengths, hidden, sequences, parameters, truncate)
    if kernels_on(parameters.device.type) == COMPILED:
        from models.population.compiled import KERNELS, CompiledPopulation  # imports numba

        if cell.name in KERNELS:
            return CompiledPopulation(*arguments, threads)
    return ReadablePopulation(*arguments)
