"""One trained model: its parameters, and sequences that it has never seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Cell
from models.diagnostics.trajectory import State, Trajectory
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.population.population import Population, initial_parameters
from models.population.readable import ReadablePopulation
from models.tasks import make_task
from models.tasks.task import Batch, Split, Task

CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """One model of an experiment with its parameters, on the CPU.

    With batch normalisation it uses the statistics of the sequences that it is given, since running
    ones are not among the parameters: accuracies can differ from those of training.

    Raises ExperimentError where the parameters cannot be those of this experiment.
    """

    experiment: Experiment
    """The experiment that trained it."""
    name: str
    """The cell spec."""
    identity: ModelKey
    """The length, seed and learning rate that tell it from other models of the cell."""
    parameters: np.ndarray
    """All parameters in one array, (P,), in the order of ``models.population.population``."""

    def __post_init__(self) -> None:
        if self.name not in self.experiment.cells:
            choices = ", ".join(self.experiment.cells)
            raise ExperimentError(f"cell is {self.name!r}: choose from {choices}")
        if self.length < self.task.minimum_length:
            raise ExperimentError(
                f"length is {self.length}: {self.experiment.task} needs sequences of at least "
                f"{self.task.minimum_length}"
            )
        wanted = self.experiment.parameter_count(self.name, self.hidden)
        if self.parameters.shape != (wanted,):
            raise ExperimentError(
                f"there are {self.parameters.size} parameters, but {self.name} with hidden size "
                f"{self.hidden} has {wanted} on {self.experiment.task}"
            )

    @property
    def length(self) -> int:
        """The sequence length that it was trained at."""
        return self.identity.length

    @property
    def steps(self) -> int:
        """The number T of time steps of its sequences, which may be more than their length."""
        return self.task.steps(self.length)

    @property
    def hidden(self) -> int:
        """The hidden size H."""
        return self.experiment.hidden_sizes()[self.name]

    @cached_property
    def cell(self) -> Cell:
        """The cell with its options."""
        return make_cell(self.name)

    @cached_property
    def task(self) -> Task:
        """The task that it was trained on."""
        return make_task(self.experiment.task)

    def at_initialisation(self) -> TrainedModel:
        """The same model before its first training step."""
        (first,) = initial_parameters(self.cell, self.task, [self.identity], self.hidden, CPU)
        return TrainedModel(self.experiment, self.name, self.identity, first.detach().numpy())

    def held_out(self, sequences: int) -> Batch:
        """A batch of held-out sequences to score on, the same ones at every call.

        Where a task's data are finite there are no more of them than it has.
        """
        return self._draw(Stream.INSIDE, sequences, "held_out")

    def for_fitting(self, sequences: int) -> Batch:
        """A batch of other sequences to fit a probe to, the same ones at every call.

        Where a task's data are finite they come from another split: no image is in both.
        """
        return self._draw(Stream.PROBE, sequences, "validation")

    def trajectory(self, batch: Batch) -> Trajectory:
        """The trajectory of the model, as n = 1, on these sequences."""
        weights = self._population.weights()[0]
        return Trajectory(self.cell, weights, torch.from_numpy(batch.inputs)[:, None])

    def right(self, states: Sequence[State], targets: np.ndarray) -> Tensor:
        """Whether the answers at the scored steps are right, (scored steps, B).

        ``states`` are (1, H, B) each, T + 1 of them; ``targets`` are (T, B).
        """
        outputs = self.outputs(states)
        return self.task.correct(outputs, torch.from_numpy(targets[-len(outputs) :]))

    def outputs(self, states: Sequence[State]) -> Tensor:
        """What the readout makes of the states at the scored steps, (scored steps, outputs, B).

        ``states`` are as in ``right``.
        """
        _, (V, b) = self._population.weights()
        scored = self.task.scored_steps(self.length)
        h = torch.stack([state[0] for state in states[-scored:]])
        outputs: Tensor = (V @ h + b)[:, 0]
        return outputs

    def answer_in_words(self, states: Sequence[State], sequence: int) -> str:
        """What the model answers to one of the sequences, worded as the right answer is."""
        outputs = self.outputs(states)[..., sequence]
        if not outputs.isfinite().all():
            return "nothing, since its outputs are no finite numbers"
        value = self.task.loss == "squared_error"
        answers = outputs[:, 0] if value else outputs.argmax(dim=1)
        return self.task.answer_in_words(answers.detach().numpy())

    def named(self) -> dict[str, object]:
        """The values of the columns that say which model a row is about, by name."""
        return {"task": self.experiment.task, "cell": self.name, **vars(self.identity)}

    @cached_property
    def _population(self) -> Population:
        own = torch.tensor(self.parameters, dtype=torch.float32)[None]
        return ReadablePopulation(self.cell, self.task, [self.length], self.hidden, 1, own)

    def _draw(self, stream: Stream, sequences: int, split: Split) -> Batch:
        source = generator(self.identity.seed, self.length, stream)
        drawn = self.task.independent(sequences, split)
        return self.task.sample(source, drawn, self.length, split)
