"""The trajectories of a population's models: several at once, or one in each thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch

from models.cells.cell import Weights
from models.diagnostics.trajectory import Trajectory
from models.kernels.version import COMPILED, kernels_on
from models.population.population import Population

T = TypeVar("T")


def map_trajectories(
    population: Population,
    models: Sequence[int],
    measure: Callable[[list[int], Trajectory], T],
) -> list[tuple[list[int], T]]:
    """Measures models of a population on the batches that they have now.

    ``measure`` gets the indices of some of them and their trajectory, which is gone when it
    returns. What it returns comes with those indices. It may run in several threads at once.
    """
    if kernels_on(population.parameters.device.type) == COMPILED:
        from models.diagnostics.compiled_trajectory import compiled_trajectory
        from models.population.compiled import CompiledPopulation

        if isinstance(population, CompiledPopulation):
            compiled, found = population, dict[int, T]()

            def measure_one(model: int) -> None:
                found[model] = measure([model], compiled_trajectory(compiled, model))

            compiled.threads.run(measure_one, models)
            return [([model], found[model]) for model in models]
    return [(own, measure(own, one)) for own, one in readable_trajectories(population, models)]


def readable_trajectories(
    population: Population, wanted: Sequence[int]
) -> Iterator[tuple[list[int], Trajectory]]:
    """The trajectories of these models through their cell's readable step, and the models of each.

    There is one for each number of time steps. They come one at a time, since a trajectory that
    was looked at holds every state and gate.
    """
    weights = population.weights()[0].named()
    for steps in dict.fromkeys(population.steps[model] for model in wanted):
        models = [model for model in wanted if population.steps[model] == steps]
        own = Weights(**{name: w[models].detach() for name, w in weights.items()})
        inputs = torch.stack([population.inputs(model) for model in models], dim=1)
        yield models, Trajectory(population.cell, own, inputs)
