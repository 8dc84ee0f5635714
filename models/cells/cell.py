"""What a recurrent cell is: its parameters and one step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from models.cells.normalisation import Normalise, plain
from models.settings.spec import Option, SpecError

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
GAIN = Option(
    "gain",
    ("0.5", "0.9", "1", "1.1", "1.5"),
    "1",
    "factor on the recurrent weights at the start: of orthogonal ones, the spectral radius",
    between=(0.1, 3),
)
NORM = Option(
    "norm",
    ("none", "layer", "batch"),
    "none",
    "layer normalisation (Ba 2016), or batch normalisation with statistics of each time step "
    "(Cooijmans 2016)",
)
GAMMA = Option(
    "gamma",
    ("1", "0.1"),
    "1",
    "with norm: the scale of what is normalised, at the start (Cooijmans 2016: 0.1)",
    between=(0.01, 2),
)
COMMON = (INIT, GAIN, NORM, GAMMA)
"""Options of every cell."""
FEWEST_NORMALISED = 3
"""Of one number, normalisation makes 0; of two, ±1, whatever they were: neither has a slope."""


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

    gamma_x: Tensor | None = None
    """Scale of the normalised input part, shape (gates·H, 1)."""
    gamma_h: Tensor | None = None
    """Scale of the normalised recurrent part, shape (gates·H, 1)."""
    gamma_c: Tensor | None = None
    """Scale of the LSTM's normalised c where it is shown, shape (H, 1)."""
    beta_c: Tensor | None = None
    """And its offset, shape (H, 1)."""

    def given(self) -> dict[str, Tensor]:
        """The parameters that the cell has, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def double(self) -> Weights:
        """The same in float64."""
        return Weights(**{name: value.double() for name, value in self.given().items()})


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
    show_gate: ClassVar[str | None] = None
    """The gate that lets the readout see the state, where there is one."""

    def __init__(
        self,
        init: str = INIT.default,
        gain: str = GAIN.default,
        norm: str = NORM.default,
        gamma: str = GAMMA.default,
        bias: str = "0",
    ) -> None:
        self.init, self.gain = init, float(gain)
        self.norm, self.gamma = norm, float(gamma)
        self.bias = bias

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where options do not go together."""
        if chosen.get("norm") == "none" and chosen["gamma"] != GAMMA.default:
            raise SpecError("gamma is for norm=layer or norm=batch: give one of them")

    def hindrance(self, hidden: int, sequences: int) -> str:
        """Why this cell could learn nothing with these sizes, and what to do; or empty.

        Batch normalisation is over the sequences of a batch, layer normalisation, where it is over
        the fewest features, over the H of one gate or state. Measured with H = 32, recall, 20
        steps: the RNN's gradient is 0 a step before the end with batches of one, 1e-11 of its last
        value 19 steps before with batches of two, and 10 times that value with batches of three.
        """
        over = {"batch": ("batch_size", sequences), "layer": ("hidden_size", hidden)}
        setting, numbers = over.get(self.norm, ("", FEWEST_NORMALISED))
        if numbers >= FEWEST_NORMALISED:
            return ""
        return (
            f"norm={self.norm} with {setting} {numbers} leaves no gradient, since it makes "
            f"{'0 of one number' if numbers == 1 else '1 and -1 of any two numbers'}: give a "
            f"{setting} of at least {FEWEST_NORMALISED}, or norm=none"
        )

    def step(
        self, w: Weights, x: Tensor, state: tuple[Tensor, ...], normalise: Normalise = plain
    ) -> tuple[Tensor, ...]:
        """One time step: input (..., inputs, B) and old states (..., H, B) -> new states."""
        gates = self.open_gates(w, x, state, normalise)
        return self.update(w, gates, state, normalise)

    @abstractmethod
    def open_gates(
        self, w: Weights, x: Tensor, state: tuple[Tensor, ...], normalise: Normalise = plain
    ) -> tuple[Tensor, ...]:
        """First half of a step: the value (..., H, B) of each of ``gates``, in their order."""

    @abstractmethod
    def update(
        self,
        w: Weights,
        gates: tuple[Tensor, ...],
        state: tuple[Tensor, ...],
        normalise: Normalise = plain,
    ) -> tuple[Tensor, ...]:
        """Second half: what gates, open as they are, make of the old states -> new states."""

    def shapes(self, inputs: int, hidden: int) -> Mapping[str, tuple[int, int]]:
        """The shape of each field of Weights that this cell has."""
        rows = len(self.gates) * hidden
        shapes = {"W_x": (rows, inputs), "W_h": (rows, hidden), "b": (rows, 1)}
        return shapes | {name: (size, 1) for name, size in self.normalised(hidden).items()}

    def normalised(self, hidden: int) -> Mapping[str, int]:
        """The scales and offsets that the cell has for its normalisation, and their features."""
        rows = len(self.gates) * hidden
        return {} if self.norm == "none" else {"gamma_x": rows, "gamma_h": rows}

    def parameter_count(self, inputs: int, hidden: int, outputs: int) -> int:
        """Trainable numbers of a model: the cell and its linear readout with bias."""
        cell = sum(math.prod(shape) for shape in self.shapes(inputs, hidden).values())
        return cell + outputs * (hidden + 1)
