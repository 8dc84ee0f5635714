"""The coefficients of ``models.experiment.cost`` that whole trainings tell, in fresh processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from models.cells import CELLS
from models.experiment import Experiment
from models.experiment.cost import memory
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.stages import Memory, Starting
from models.experiment.partition import partition
from tests.benchmarks.cost_measured import measured, small, spec, warm_megabytes

REPEATS = 3
"""Of which the fastest counts."""


def starting() -> Starting:
    """How much longer the first training of a process takes than its second."""
    first = []
    for cells in (("rnn",), tuple(CELLS)):
        runs = [(measured(small(cells)), measured(small(cells), times=2)) for _ in range(REPEATS)]
        first.append(min(2 * once.cpu_seconds - twice.cpu_seconds for once, twice in runs))
    kernel = max(first[1] - first[0], 0) / (len(CELLS) - 1)
    return Starting(process=1e6 * (first[0] - kernel), kernel=1e6 * kernel)


def of_trainer() -> Memory:
    """The memory of a trainer but for trajectories, each part from what differs in it alone."""
    one, all_cells = (_bytes(small(cells)) for cells in (("rnn",), tuple(CELLS)))
    kernel = (all_cells - one) / (len(CELLS) - 1)
    tiny = partial(_experiment, "rnn", batch_size=64, hidden_size=4, seeds=2, lengths=(50,))
    wide = partial(_experiment, "gru", batch_size=4, lengths=(10,), seeds=4)
    digits = partial(tiny, task="digits:targets=every", seeds=8, held_out=64)
    return Memory(
        warm=1e6 * warm_megabytes(),
        process=one - kernel,
        kernel=kernel,
        parameter=_slope(
            wide(hidden_size=16), wide(hidden_size=256), lambda s: s.models * s.parameters
        ),
        drawn=_slope(
            tiny(held_out=64),
            tiny(held_out=10_000),
            lambda s: s.rows * s.chunks * s.sequences * s.task.inputs,
        ),
        output=_slope(
            digits(lengths=(64,)),
            digits(lengths=(192,)),
            lambda s: sum(s.targets) * s.task.outputs * s.sequences,
        ),
    )


def trajectory(cell: str, norm: str) -> float:
    """The numbers of a model's trajectory in memory, per time step and number of a hidden state."""
    sized = partial(
        _experiment, spec(cell, norm), batch_size=64, hidden_size=64, seeds=2, held_out=64
    )
    few, many = sized(lengths=(20,)), sized(lengths=(300,))
    return _slope(few, many, lambda s: memory.FLOAT * max(s.steps) * s.hidden * s.sequences)


def _slope(
    little: Experiment, much: Experiment, counted: Callable[[PopulationSizes], float]
) -> float:
    """The bytes for each of what is counted, beyond what kernels' buffers are known to take."""
    sizes = [PopulationSizes(one, partition(one)[0]) for one in (little, much)]
    taken = [_bytes(size.experiment) - memory.buffers(size) for size in sizes]
    before, after = map(counted, sizes)
    return max(taken[1] - taken[0], 0) / (after - before)


def _bytes(experiment: Experiment) -> float:
    return 1e6 * measured(experiment).megabytes


def _experiment(cell: str, **settings: Any) -> Experiment:
    return Experiment.from_mapping({"cells": (cell,), "steps": 1, "device": "cpu", **settings})
