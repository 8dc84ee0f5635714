"""A population: S models of one cell, from parameters and input sequences to loss and gradient."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.cells.cell import Cell, Weights
from models.cells.draw import Draw
from models.experiment.partition import ModelKey
from models.experiment.random_streams import Stream, generator
from models.kernels.batch_norm import Statistics
from models.population.norm import norm
from models.tasks.task import Batch, Task


@dataclass(frozen=True)
class Outcome:
    """What each of the S models of a population made of its batch."""

    loss: Tensor
    """(S,), the mean over target steps and sequences."""
    accuracy: Tensor
    """(S,), the share of right answers at the scored steps."""


@dataclass(frozen=True)
class Scored(Outcome):
    """An outcome with what only an evaluation asks for."""

    scored_loss: Tensor
    """(S,), the mean of the loss over scored steps and sequences."""
    part_accuracies: Tensor
    """(S, parts), the share of right ones of each part of the answer at the scored steps."""


class Pass(Protocol):
    """One model's way through its sequences and back, as long as it is looked at."""

    gradient: Tensor
    """∂L/∂parameters, (P,)."""

    def state(self, state: str) -> Tensor:
        """Returns the values of a state after every step, (T, H, B)."""
        ...

    def state_gradient(self, state: str) -> Tensor:
        """Returns ∂L/∂state_t, total, through all later steps, (T, H, B)."""
        ...


DrawBatch = Callable[[int], Batch]
"""Returns the next batch of a model, by its index; in several threads at once."""
Look = Callable[[int, Pass], None]
"""Looks at the pass of a model, by its index, before the next one overwrites it. Passes of several
models may be looked at in several threads at once."""


class Population(ABC):
    """S models of one cell, each with a linear readout, over batches of B sequences.

    ``parameters`` is (S, P), one row a model. Every model has its own sequences, of its own length,
    and its own loss: the numbers of one never depend on another's. ``lengths`` are those of each
    model, longest first; ``truncate`` is the longest way of back-propagation in steps, or 0.
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
        self.parameters, self.truncate = parameters, truncate
        self.steps = tuple(task.steps(length) for length in lengths)
        """The number of time steps of each model's sequences."""
        shapes = parameter_shapes(cell, task, hidden)
        ends = accumulate((math.prod(shape) for shape in shapes.values()), initial=0)
        self._places = dict(zip(shapes, zip(ends, shapes.values(), strict=False), strict=True))
        self._targeted = [task.target_steps(length) for length in lengths]
        # Outputs are those of the target steps, model after model.
        rows = list(accumulate(self._targeted, initial=0))
        self._rows = [slice(*both) for both in pairwise(rows)]
        device, dtype = parameters.device, parameters.dtype
        models = torch.arange(len(lengths)).repeat_interleave(torch.tensor(self._targeted))
        self._model_of_row = models.to(device)
        kind = torch.long if task.loss == "cross_entropy" else dtype
        self._targets = torch.zeros(rows[-1], sequences, dtype=kind, device=device)
        self._loss_share = self._shares(self._targeted)
        self._accuracy_share = self._shares([task.scored_steps(length) for length in lengths])

    @abstractmethod
    def set_inputs(self, model: int, x: np.ndarray) -> None:
        """Sets the input sequences of one model, (steps, inputs, B)."""

    @abstractmethod
    def inputs(self, model: int) -> Tensor:
        """Returns the input sequences that one model has now, (steps, inputs, B)."""

    @abstractmethod
    def _forward(self, statistics: Statistics) -> Tensor:
        """Runs forward; returns the outputs at all models' target steps, (rows, outputs, B)."""

    @abstractmethod
    def _differentiate(
        self,
        statistics: Statistics,
        last_step_only: bool,
        draw: DrawBatch | None,
        look: Look | None,
        models: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        """Runs forward and back; returns the outputs as ``_forward`` does, and ∂L/∂parameters."""

    @abstractmethod
    def running_statistics(self) -> dict[str, Tensor]:
        """Returns the running statistics of batch normalisation by name, where there are any."""

    @abstractmethod
    def load_statistics(self, statistics: Mapping[str, Tensor]) -> None:
        """Restores what ``running_statistics`` returned for the same models."""

    @abstractmethod
    def copy_statistics(self, other: Self) -> None:
        """Takes the running statistics of the same models, trained at other lengths."""

    def set_batch(self, model: int, batch: Batch) -> None:
        """Gives the model of this index its next B sequences."""
        self.set_inputs(model, batch.inputs)
        self._targets[self._rows[model]] = torch.from_numpy(batch.targets).to(self._targets)

    @torch.no_grad()
    def score(self, statistics: Statistics = "running") -> Scored:
        """Runs forward through time.

        ``statistics`` are those of batch normalisation, in a cell that has it.
        """
        outputs = self._forward(statistics)
        outcome = self._outcome(outputs)
        return Scored(
            outcome.loss,
            outcome.accuracy,
            self._by_model(self._losses(outputs) * self._accuracy_share),
            self._part_accuracies(outputs),
        )

    def outputs(self, statistics: Statistics = "running") -> list[Tensor]:
        """Runs forward; returns each model's outputs at its target steps, (steps, outputs, B)."""
        with torch.no_grad():
            outputs = self._forward(statistics)
        return [outputs[rows].clone() for rows in self._rows]

    def differentiate(
        self,
        statistics: Statistics = "batch",
        last_step_only: bool = False,
        draw: DrawBatch | None = None,
        look: Look | None = None,
        models: Sequence[int] | None = None,
    ) -> tuple[Outcome, Tensor]:
        """Runs forward through time and back; returns the outcome and ∂loss/∂parameters, (S, P).

        With ``last_step_only`` the gradient is that of the loss at the last step. ``draw`` gives
        each model its batch first, ``look`` is called for each afterwards. Only ``models`` are
        run, by default all; of the others neither outcome nor gradient mean anything. The gradient
        may be overwritten by the next call.
        """
        chosen = range(len(self.lengths)) if models is None else models
        outputs, gradient = self._differentiate(statistics, last_step_only, draw, look, chosen)
        with torch.no_grad():
            return self._outcome(outputs), gradient

    def gradient_profile(self) -> dict[str, list[Tensor]]:
        """Returns ‖∂L/∂state_t‖, t from 1, for each state and model: (steps,).

        L is one sequence's loss at its last step, the derivative is total (through all later
        steps). Over the batch it is the root of the mean square.
        """
        # Small tensors that stay would keep apart what large ones leave free (measured: 287 MiB at
        # 200 models of T = 200).
        norms = {
            state: list(self.parameters.new_empty(sum(self.steps)).split(self.steps))
            for state in self.cell.states
        }

        def look(model: int, passed: Pass) -> None:
            for state, of_models in norms.items():
                of_models[model][:] = _norm_over_batch(passed.state_gradient(state))

        self.differentiate("batch", last_step_only=True, look=look)
        return norms

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

    def _outcome(self, outputs: Tensor) -> Outcome:
        correct = self.task.correct(outputs, self._targets).to(outputs.dtype).mean(dim=1)
        return Outcome(
            self._by_model(self._losses(outputs) * self._loss_share),
            self._by_model(correct * self._accuracy_share),
        )

    def _losses(self, outputs: Tensor) -> Tensor:
        """The mean loss over sequences of each row."""
        return _LOSSES[self.task.loss](outputs, self._targets).mean(dim=1)

    def _part_accuracies(self, outputs: Tensor) -> Tensor:
        """(S, parts) from outputs (rows, outputs, B); no parts where answers are no classes."""
        if self.task.loss != "cross_entropy":
            return outputs.new_zeros(len(self.lengths), 0)
        answers = self.task.answer_parts(outputs.argmax(dim=1))
        targets = self.task.answer_parts(self._targets)
        right = [
            (answer == target).to(outputs.dtype).mean(dim=1)
            for answer, target in zip(answers, targets, strict=True)
        ]
        return torch.stack([self._by_model(share * self._accuracy_share) for share in right], dim=1)

    def _by_model(self, rows: Tensor) -> Tensor:
        """The sum over each model's rows, (S,)."""
        return rows.new_zeros(len(self.lengths)).index_add(0, self._model_of_row, rows)

    def _shares(self, steps: Sequence[int]) -> Tensor:
        """The weight of each row in its model's mean over its last ``steps``."""
        shares = torch.zeros(len(self._model_of_row)).to(self.parameters)
        for rows, count in zip(self._rows, steps, strict=True):
            shares[rows.stop - count : rows.stop] = 1 / count
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
