"""The sizes of a population, which its time and its memory depend on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from models.cells import make_cell
from models.experiment import Experiment
from models.experiment.partition import Shard
from models.tasks import make_task


class PopulationSizes:
    """The sizes of a shard's population, at the lengths of its models or at others."""

    def __init__(
        self, experiment: Experiment, shard: Shard, lengths: Sequence[int] | None = None
    ) -> None:
        self.experiment, self.shard = experiment, shard
        self.cell, self.task = make_cell(shard.cell), make_task(experiment.task)
        self.lengths = [model.length for model in shard.models] if lengths is None else lengths
        self.steps = [self.task.steps(length) for length in self.lengths]
        """The time steps of each model."""
        self.rows = sum(self.steps)
        """The time steps of all models."""
        self.models = len(self.lengths)
        """S, the number of models."""
        self.hidden = experiment.hidden_sizes()[shard.cell]
        """H, the hidden size."""
        self.sequences = experiment.batch_size
        """B, the batch size."""
        self.parameters = experiment.parameter_count(shard.cell, self.hidden)
        """P, the number of parameters of a model."""
        self.chunks = -(-experiment.held_out // self.sequences)
        """The batches of B sequences that one scoring takes."""

    @cached_property
    def targets(self) -> list[int]:
        """The steps of each model at which there is a loss."""
        return [self.task.target_steps(length) for length in self.lengths]

    @cached_property
    def by_length(self) -> dict[int, int]:
        """The number of models by their time steps; diagnostics go through one after the other."""
        return {steps: self.steps.count(steps) for steps in dict.fromkeys(self.steps)}

    @cached_property
    def fresh(self) -> float:
        """The share of models that do not read the sequences of another learning rate's model."""
        seeds = [model.seed for model in self.shard.models]
        return len(set(zip(self.lengths, seeds, strict=True))) / self.models

    @cached_property
    def tested(self) -> list[PopulationSizes]:
        """The sizes of the same models at each of the lengths that they are only tested at."""
        lengths = self.experiment.test_lengths
        return [PopulationSizes(self.experiment, self.shard, [n] * self.models) for n in lengths]
