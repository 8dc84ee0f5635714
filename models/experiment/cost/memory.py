"""The memory that a population takes, in bytes."""

from __future__ import annotations

from models.experiment.cost.coefficients import MEMORY, TRAJECTORIES
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.stages import known

FLOAT = 4
"""The bytes of a float32."""

BUFFERED = {"rnn": 2, "lstm": 9, "gru": 6}
"""The numbers in a kernel's buffers by cell, per time step and number of a hidden state, H·B."""
NORMALISED = {
    "none": {"rnn": 0, "lstm": 0, "gru": 0},
    "layer": {"rnn": 1, "lstm": 9, "gru": 6},
    "batch": {"rnn": 2, "lstm": 9, "gru": 6},
}
"""What its normalisations keep beside them, by normalisation and cell."""


def held(sizes: PopulationSizes, threads: int) -> float:
    """Returns what a population keeps as long as it trains: buffers, sequences, parameters."""
    tested = max((_passes(other, threads) for other in sizes.tested), default=0)
    parameters = sizes.models * sizes.parameters * MEMORY.parameter
    return MEMORY.kernel + _passes(sizes, threads) + tested + parameters


def passing(sizes: PopulationSizes, threads: int = 1) -> float:
    """Returns what it takes for a while: diagnostics' trajectories, or held-out sequences."""
    numbers = known(TRAJECTORIES[sizes.cell.norm], sizes.cell.name)
    trajectory = FLOAT * max(sizes.steps) * numbers * sizes.hidden * sizes.sequences
    scored = max(one.rows for one in (sizes, *sizes.tested)) * sizes.chunks * sizes.sequences
    return max(
        min(threads, sizes.models) * trajectory,
        MEMORY.drawn * scored * sizes.task.inputs * sizes.fresh,
    )


def buffers(sizes: PopulationSizes, threads: int = 1) -> float:
    """Returns what one model's pass needs for each thread."""
    normalised = known(NORMALISED[sizes.cell.norm], sizes.cell.name)
    row = (known(BUFFERED, sizes.cell.name) + normalised) * sizes.hidden + 2 * sizes.task.inputs + 1
    weights = 3 * sizes.parameters  # W, its transpose and its gradient
    one = max(sizes.steps) * row * sizes.sequences + weights
    return FLOAT * min(threads, sizes.models) * one


def _passes(sizes: PopulationSizes, threads: int) -> float:
    """Buffers, all models' sequences and outputs, and running statistics."""
    inputs = sizes.rows * sizes.task.inputs * sizes.sequences
    outputs = sum(sizes.targets) * sizes.task.outputs * sizes.sequences
    normalised = known(NORMALISED[sizes.cell.norm], sizes.cell.name)
    # A mean and a variance of each feature at each step.
    statistics = 2 * sizes.rows * normalised * sizes.hidden if sizes.cell.norm == "batch" else 0
    return buffers(sizes, threads) + FLOAT * (inputs + statistics) + MEMORY.output * outputs
