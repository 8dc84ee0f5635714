"""The stages of a training: what the time of each and the memory are made of.

Where a field does not say otherwise, ``call``, ``length``, ``step``, ``model`` and ``row`` are
microseconds, the others nanoseconds. A row is one model at one time step; H is the hidden size, B
the batch size and P the number of parameters of a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Measured = TypeVar("Measured")


class Pass(NamedTuple):
    """The time of one pass of a population through its sequences, with its loss.

    The last four are the compiled kernel's, which threads share out.
    """

    call: float
    """The time of the pass itself."""
    model: float
    """The time per model, in which the interpreter is locked."""
    row: float
    """The time per row."""
    element: float
    """The time per number of a hidden state: H·B of them in a row."""
    product: float
    """The time per parameter and sequence: P·B of them in a row."""
    weight: float
    """The time per parameter: P of them in a row."""


class Passes(NamedTuple):
    """The times of a pass without and with gradients."""

    score: Pass
    """A pass without gradients."""
    train: Pass
    """A pass with back-propagation through time."""


class Read(NamedTuple):
    """The time of readout and loss for every row with a loss beyond each model's last."""

    row: float
    """The time of the row itself."""
    output: float
    """The time per output and sequence."""
    hidden: float
    """The time per number of a hidden state: H·B of them."""


class Omega(NamedTuple):
    """The time of the regulariser Ω of one model."""

    call: float
    """The time of the call itself."""
    element: float
    """The time per number of a hidden state: H·B of them in a row."""
    product: float
    """The time per number of a hidden state and unit: H²·B of them in a row."""


class Update(NamedTuple):
    """The time of clipping, the optimiser and the records of an optimiser step."""

    call: float
    """The time of a step itself."""
    parameter: float
    """The time per parameter of the population."""


class Setting(NamedTuple):
    """The time that it takes to give a model its batch."""

    call: float
    """The time per model."""
    number: float
    """The time per number of the batch."""


class Starting(NamedTuple):
    """The time that a process takes longer the first time that it trains, in microseconds."""

    process: float
    """The time of the process itself."""
    kernel: float
    """The time per cell, whose machine code is loaded."""


class SettingUp(NamedTuple):
    """The time that it takes to make a population."""

    call: float
    """The time of the call itself."""
    model: float
    """The time per model."""
    parameter: float
    """The time per parameter of the population."""


class Drawing(NamedTuple):
    """The time in which a task draws the sequences of one model."""

    call: float
    """The time of the call itself."""
    number: float
    """The time per time step and sequence."""


class Diagnostics(NamedTuple):
    """The time of what is measured of a recurrence through the cell's readable step, serially."""

    length: float
    """The time per length."""
    step: float
    """The time per time step of each length, of all its models."""
    model: float
    """The time per model."""
    element: float
    """The time per number of a hidden state: H·B of them in a row."""
    product: float
    """The time per parameter and sequence: P·B of them in a row."""
    column: float
    """The time per parameter and sequence of the Lyapunov exponent, in float64."""
    radius: float
    """The time per H³ of each model, for eigenvalues."""
    connectivity: float
    """The time of connectivity per time step of each length, in microseconds."""


class Tables(NamedTuple):
    """The time of the rows of the result tables in each evaluation."""

    call: float
    """The time of the evaluation itself."""
    model: float
    """The time per model."""
    row: float
    """The time per row and state of the cell."""


class Memory(NamedTuple):
    """The memory of a trainer, in bytes."""

    warm: float
    """The bytes of the warm process that a trainer is forked from."""
    process: float
    """The bytes of a trainer for itself, whatever it trains, numba's compiler among them."""
    kernel: float
    """The bytes per cell, for its machine code and its objects."""
    parameter: float
    """The bytes per parameter of a population, with its gradient, moments and copies."""
    drawn: float
    """The bytes per number of the held-out sequences."""
    output: float
    """The bytes per output and sequence at each step with a loss."""


def known(measured: Mapping[str, Measured], name: str) -> Measured:
    """What was measured of a cell or task; of one that never was, the most that any other takes."""
    if name in measured:
        return measured[name]
    most: Measured = _largest(list(measured.values()))
    return most


def _largest(values: Sequence[Any]) -> Any:
    """The largest of numbers; of tuples, one with the largest of each of their numbers."""
    if isinstance(values[0], tuple):
        return type(values[0])(*map(_largest, zip(*values, strict=True)))
    return max(values)
