"""A population: S models as one, from parameters and input sequences to loss and accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional

from models.cells.cell import Cell, Weights
from models.cells.draw import Draw
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.kernels import unroll
from models.kernels.batch_norm import Statistics
from models.kernels.schedule import Schedule
from models.population.norm import norm
from models.tasks.task import Batch, Task


@dataclass(frozen=True)
class Outcome:
    """What each of the S models of a population made of its batch."""

    loss: Tensor
    """(S,), the mean over target steps and sequences."""
    accuracy: Tensor
    """(S,), the share of right answers at the scored steps."""
    scored_loss: Tensor
    """(S,), the mean over scored steps and sequences."""
    part_accuracies: Tensor
    """(S, parts), the share of right ones of each part of the answer at the scored steps."""


class Population:
    """S models of one cell, each with a linear readout, over batches of B sequences.

    ``parameters`` is (S, P), one row a model; the weights are views into it. Every model has its
    own sequences, of its own length, and its own loss: the numbers of one never depend on
    another's. ``lengths`` are those of each model, longest first; ``truncate`` is the longest way
    of back-propagation in steps, or 0.
    """

    def __init__(
        self,
        cell: Cell,
        task: Task,
        lengths: Sequence[int],
        hidden: int,
        sequences: int,
        parameters: Tensor,
        truncate: int = 0,
    ) -> None:
        self.cell, self.task, self.hidden = cell, task, hidden
        self.lengths, self.sequences = tuple(lengths), sequences
        self.parameters = parameters
        shapes = parameter_shapes(cell, task, hidden)
        ends = accumulate((math.prod(shape) for shape in shapes.values()), initial=0)
        self._places = dict(zip(shapes, zip(ends, shapes.values(), strict=False), strict=True))
        device, dtype = parameters.device, parameters.dtype
        self.schedule = Schedule(tuple(task.steps(length) for length in lengths), truncate)
        self.recurrence = unroll(cell, self.schedule, task.inputs, hidden, sequences, dtype, device)
        targets = [task.target_steps(length) for length in lengths]
        scored = [task.scored_steps(length) for length in lengths]
        # The readout is applied at these last steps alone.
        self._read = max(targets)
        models = self.schedule.model_of_row[self.schedule.tail(self._read) :]
        self._model_of_row = torch.tensor(models, device=device)
        kind = torch.long if task.loss == "cross_entropy" else dtype
        self._targets = torch.zeros(len(models), sequences, dtype=kind, device=device)
        self._target_rows = self._last_rows(targets)
        self._loss_share = self._shares(targets)
        self._accuracy_share = self._shares(scored)
        self._last_share = self._shares([1] * len(lengths))

    def set_batch(self, model: int, batch: Batch) -> None:
        """Gives the model of this index its next B sequences."""
        device, dtype = self.parameters.device, self.parameters.dtype
        self.recurrence.set_inputs(model, torch.from_numpy(batch.inputs).to(device, dtype))
        targets = torch.from_numpy(batch.targets).to(device, self._targets.dtype)
        self._targets[self._target_rows[model]] = targets

    def outcome(self, statistics: Statistics = "running", last_step_only: bool = False) -> Outcome:
        """Runs forward through time. The loss has an autograd graph back to ``parameters``.

        ``statistics`` are those of batch normalisation, in a cell that has it. With
        ``last_step_only`` the loss is that of the last target step.
        """
        weights, (V, b) = self.weights()
        self.recurrence.statistics = statistics
        h = self.recurrence.hidden_states(weights, self._read)
        outputs = V[self._model_of_row] @ h + b[self._model_of_row]
        loss = _LOSSES[self.task.loss](outputs, self._targets).mean(dim=1)
        correct = self.task.correct(outputs.detach(), self._targets).to(loss.dtype).mean(dim=1)
        share = self._last_share if last_step_only else self._loss_share
        return Outcome(
            self._by_model(loss * share),
            self._by_model(correct * self._accuracy_share),
            self._by_model(loss.detach() * self._accuracy_share),
            self._part_accuracies(outputs.detach()),
        )

    def gradient_profile(self) -> dict[str, list[Tensor]]:
        """Returns ‖∂L/∂state_t‖, t from 1, for each state and model: (steps,).

        L is one sequence's loss at its last step, the derivative is total (through all later
        steps). Over the batch it is the root of the mean square.
        """
        outcome = self.outcome("batch", last_step_only=True)
        torch.autograd.grad(outcome.loss.sum(), self.parameters)
        return {
            state: [
                _norm_over_batch(self.recurrence.state_gradient(state, model))
                for model in range(self.schedule.models)
            ]
            for state in self.cell.states
        }

    def weights(self) -> tuple[Weights, tuple[Tensor, Tensor]]:
        """Returns views into the parameters: the cell's weights, and the readout's V and b_V.

        V is (S, outputs, H), b_V (S, outputs, 1).
        """
        named = {name: self.view_of(name, self.parameters) for name in self._places}
        readout = named.pop("V"), named.pop("b_V")
        return Weights(**named), readout

    def view_of(self, name: str, vectors: Tensor) -> Tensor:
        """Returns the view of the parameter ``name`` in parameters, or their gradient, (S, P)."""
        first, shape = self._places[name]
        return vectors[:, first : first + math.prod(shape)].view(-1, *shape)

    def _part_accuracies(self, outputs: Tensor) -> Tensor:
        """(S, parts) from outputs (rows, outputs, B); no parts where answers are no classes."""
        if self.task.loss != "cross_entropy":
            return outputs.new_zeros(self.schedule.models, 0)
        answers = self.task.answer_parts(outputs.argmax(dim=1))
        targets = self.task.answer_parts(self._targets)
        right = [
            (answer == target).to(outputs.dtype).mean(dim=1)
            for answer, target in zip(answers, targets, strict=True)
        ]
        return torch.stack([self._by_model(share * self._accuracy_share) for share in right], dim=1)

    def _by_model(self, rows: Tensor) -> Tensor:
        """The sum over each model's rows, (S,)."""
        return rows.new_zeros(self.schedule.models).index_add(0, self._model_of_row, rows)

    def _last_rows(self, steps: Sequence[int]) -> list[Tensor]:
        """The rows of each model's last ``steps``, in order, among those that are read out."""
        first = self.schedule.tail(self._read)
        return [
            torch.tensor(self.schedule.rows_of(model)[-count:], device=self.parameters.device)
            - first
            for model, count in enumerate(steps)
        ]

    def _shares(self, steps: Sequence[int]) -> Tensor:
        """The weight of each row that is read out in its model's mean over its last ``steps``."""
        shares = torch.zeros(len(self._model_of_row)).to(self.parameters)
        for rows in self._last_rows(steps):
            shares[rows] = 1 / len(rows)
        return shares


def parameter_shapes(cell: Cell, task: Task, hidden: int) -> dict[str, tuple[int, int]]:
    """Returns the shapes of a model's parameters: the cell's, then the readout's V and b_V."""
    return {
        **cell.shapes(task.inputs, hidden),
        "V": (task.outputs, hidden),
        "b_V": (task.outputs, 1),
    }


def initial_parameters(
    cell: Cell, task: Task, models: Sequence[ModelKey], hidden: int, device: torch.device
) -> Tensor:
    """Returns the models' parameters at initialisation, (S, P), float32, with autograd on.

    Those of one model do not depend on the others.
    """
    rows = [_initial_model(cell, task, model, hidden) for model in models]
    return torch.stack(rows).to(device, torch.float32).requires_grad_()


def _initial_readout(draw: Draw, hidden: int, outputs: int) -> tuple[Tensor, Tensor]:
    """Weights (outputs, H) and biases (outputs, 1) of a linear layer, U(±1/√H) as in torch.nn."""
    bound = 1 / math.sqrt(hidden)
    return draw.uniform((outputs, hidden), bound), draw.uniform((outputs, 1), bound)


def _initial_model(cell: Cell, task: Task, model: ModelKey, hidden: int) -> Tensor:
    """The parameters of one model, (P,), float64."""
    stream = generator(model.seed, model.length, Stream.INITIALISATION)
    draw = Draw(seed=int(stream.integers(2**63)))
    weights = cell.initial_weights(draw, task.inputs, hidden, task.steps(model.length))
    V, b = _initial_readout(draw, hidden, task.outputs)
    named = {**weights.named(), "V": V, "b_V": b}
    names = parameter_shapes(cell, task, hidden)
    return torch.cat([named[name].flatten() for name in names])


def _cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs, targets, reduction="none")


def _squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.squeeze(1) - targets) ** 2


_LOSSES = {"cross_entropy": _cross_entropy, "squared_error": _squared_error}
"""The loss (rows, B) of outputs (rows, outputs, B) and targets (rows, B), by its name."""


def _norm_over_batch(gradient: Tensor) -> Tensor:
    """Root mean square norm (steps,) of the gradients (steps, H, B) of a loss averaged over B."""
    # One sequence's gradient is B times what it adds to the mean's: B · ‖·‖ / √B.
    over_batch = norm(gradient, dim=(1, 2)) * math.sqrt(gradient.shape[-1])
    return over_batch.to(gradient.dtype)
