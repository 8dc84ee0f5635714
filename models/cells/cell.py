"""What a recurrent cell is: its parameters and one step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from models.spec import Option

if TYPE_CHECKING:
    from torch import Tensor

INIT = Option(
    "init",
    ("orthogonal", "pytorch", "identity"),
    "orthogonal",
    "recurrent weights at the start: orthogonal, PyTorch's uniform, or the identity",
)
BIAS = Option(
    "bias",
    ("1", "0", "chrono"),
    "1",
    "bias of the gate that keeps the state: 0, 1, or drawn to fit the sequence length (chrono)",
)


@dataclass(frozen=True)
class Weights:
    """The parameters of one cell, or of a population of them (then with a leading axis S).

    Rows are blocks of H, one per gate in the order of ``Cell.gates``.
    """

    W_x: Tensor
    """Input weights, shape (gates·H, inputs)."""
    W_h: Tensor
    """Recurrent weights, shape (gates·H, H)."""
    b: Tensor
    """Biases, shape (gates·H, 1)."""
    b_hn: Tensor | None = None
    """The GRU's second bias of its candidate, inside the reset gate's reach, shape (H, 1)."""

    def given(self) -> dict[str, Tensor]:
        """The parameters that the cell has, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


class Cell(ABC):
    """A recurrent cell with its options.

    Registered in ``models.cells.CELLS``; made from its spec text by ``models.cells.make_cell``,
    which passes every option as a keyword with a text value. Vectors are columns, as in the
    literature: a hidden state has shape (H, B), one column for each sequence of the batch.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    equations: ClassVar[tuple[str, ...]]
    """One LaTeX line each, for pages."""
    options: ClassVar[tuple[Option, ...]]
    gates: ClassVar[tuple[str, ...]]
    """Blocks of H rows in the weights, in order."""
    states: ClassVar[tuple[str, ...]] = ("h",)
    """What is carried from step to step; the hidden state h first."""
    keep_gate: ClassVar[str | None] = None
    """The gate whose opening keeps the old state: the option ``bias`` is its bias."""
    write_gate: ClassVar[str | None] = None
    """The gate that lets new input in, where it is not the keep gate's complement."""

    def __init__(self, init: str, bias: str = "0") -> None:
        self.init = init
        self.bias = bias

    @abstractmethod
    def step(self, w: Weights, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """One time step: input (..., inputs, B) and old states (..., H, B) -> new states."""

    def shapes(self, inputs: int, hidden: int) -> Mapping[str, tuple[int, int]]:
        """The shape of each field of Weights that this cell has."""
        rows = len(self.gates) * hidden
        return {"W_x": (rows, inputs), "W_h": (rows, hidden), "b": (rows, 1)}

    def parameter_count(self, inputs: int, hidden: int, outputs: int) -> int:
        """Trainable numbers of a model: the cell and its linear readout with bias."""
        cell = sum(math.prod(shape) for shape in self.shapes(inputs, hidden).values())
        return cell + outputs * (hidden + 1)
