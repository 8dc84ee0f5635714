"""The base class of the recurrent cells: parameters, what they start with, and one step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from models.cells.normalisation import NORMALISE, Normalise
from models.settings.spec import Option, SpecError

if TYPE_CHECKING:  # importing the cells does not import torch
    from torch import Tensor

    from models.cells.draw import Draw

INIT = Option(
    "init",
    ("orthogonal", "pytorch", "identity"),
    "orthogonal",
    "initial recurrent weights: orthogonal, PyTorch's uniform distribution, or the identity matrix",
    words={"pytorch": "PyTorch"},
)
BIAS = Option(
    "bias",
    ("1", "0", "chrono"),
    "1",
    "initial bias of the gate that keeps the state: 0, 1, or drawn to fit the sequence length "
    "(chrono)",
)
GAIN = Option(
    "gain",
    ("0.5", "0.9", "1", "1.1", "1.5"),
    "1",
    "factor on the initial recurrent weights; for orthogonal weights it is the spectral radius",
    bounds=(0.1, 3),
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
    "with normalisation: its initial scale (Cooijmans 2016: 0.1)",
    bounds=(0.01, 2),
    title="γ",
)
COMMON_OPTIONS = (INIT, GAIN, NORM, GAMMA)
"""The options that every cell has."""
MIN_NORMALISED = 3
"""The least numbers a normalisation may be over: one becomes 0 and two become ±1, whatever they
were, so that no gradient passes."""


@dataclass(frozen=True)
class Weights:
    """The parameters of one cell, or of a population of S cells, then with a leading axis S.

    Rows are blocks of H, one for each gate in the order of ``Cell.gates``. Parameters that a cell
    does not have are None.
    """

    W_x: Tensor
    """Input weights, shape (gates·H, inputs)."""
    W_h: Tensor
    """Recurrent weights, shape (gates·H, H)."""
    b: Tensor
    """Biases, shape (gates·H, 1)."""
    b_hn: Tensor | None = None
    """The GRU's second bias of its candidate, which the reset gate scales, shape (H, 1)."""

    gamma_x: Tensor | None = None
    """Scale of the normalised W_x x_t, shape (gates·H, 1)."""
    gamma_h: Tensor | None = None
    """Scale of the normalised W_h h_{t-1}, shape (gates·H, 1)."""
    gamma_c: Tensor | None = None
    """Scale of the LSTM's normalised c_t where h_t is made of it, shape (H, 1)."""
    beta_c: Tensor | None = None
    """Offset of the LSTM's normalised c_t where h_t is made of it, shape (H, 1)."""

    def named(self) -> dict[str, Tensor]:
        """Returns the parameters that the cell has, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def double(self) -> Weights:
        """Returns the same parameters in float64."""
        return Weights(**{name: value.double() for name, value in self.named().items()})


class HiddenState(NamedTuple):
    """The state of a cell that carries nothing but h."""

    h: Tensor
    """Hidden state, shape (..., H, B)."""


class Cell(ABC):
    """A recurrent cell with its options.

    Registered in ``models.cells.CELLS``; made from its spec text by ``models.cells.make_cell``,
    which passes every option as a keyword with a text value. Vectors are columns, as in the
    literature: a hidden state has shape (H, B), one column for each sequence of the batch. Shapes
    may have a leading axis S everywhere, then it is a population of cells.
    """

    name: ClassVar[str]
    """The cell's name in specs, such as ``lstm``."""
    title: ClassVar[str]
    """The cell's name for people."""
    references: ClassVar[tuple[str, ...]]
    """The papers that it is from, by their keys in ``models.analysis.references``."""
    equations: ClassVar[tuple[str, ...]]
    """The equations of a step for pages, one line of LaTeX each."""
    options: ClassVar[tuple[Option, ...]]
    """The options that ``__init__`` takes."""
    gates: ClassVar[tuple[str, ...]]
    """The blocks of H rows in the weights, in order: the gates with a σ, and last the candidate."""
    candidate: ClassVar[str]
    """The last of ``gates``: what is written, φ of its pre-activation (see ``activation``).

    Where it is the state h itself, the cell is h_t = φ(W_x x_t + W_h h_{t-1} + b) and no more.
    """
    State: ClassVar[Any] = HiddenState
    """The named tuple of what is carried from step to step; the hidden state h first."""
    states: ClassVar[tuple[str, ...]] = HiddenState._fields
    """The names of the fields of ``State``, in order."""
    forget_gate: ClassVar[str | None] = None
    """The gate whose opening keeps the old state: the option ``bias`` is its bias."""
    input_gate: ClassVar[str | None] = None
    """The gate that lets new input in, where it is not the forget gate's complement."""
    output_gate: ClassVar[str | None] = None
    """The gate that lets the readout see the state, where there is one."""
    activation: str = "tanh"
    """The candidate's φ: tanh, sigmoid or relu."""
    forgets: bool = True
    """Whether the forget gate opens and closes; else it is 1, and the state is kept whole."""
    omega: float = 0.0
    """Weight of Pascanu's regulariser (``models.training``); for cells whose candidate is h."""

    def __init_subclass__(cls) -> None:
        cls.states = cls.State._fields

    def __init__(
        self,
        init: str = INIT.default,
        gain: str = GAIN.default,
        norm: str = NORM.default,
        gamma: str = GAMMA.default,
    ) -> None:
        self.init, self.gain = init, float(gain)
        self.norm, self.gamma = norm, float(gamma)
        self.normalise = NORMALISE[norm]

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where the chosen options do not go together."""
        if chosen.get("norm") == "none" and chosen["gamma"] != GAMMA.default:
            raise SpecError("gamma is for norm=layer or norm=batch: give one of them")

    @classmethod
    def sigmoid_gates(cls) -> tuple[str, ...]:
        """Returns the gates with values from 0 to 1: all but the candidate."""
        return tuple(gate for gate in cls.gates if gate != cls.candidate)

    def zero_state(self, w: Weights, sequences: int) -> Any:
        """Returns the ``State`` before the first step: zeros, (..., H, B) for B ``sequences``."""
        *population, _, hidden = w.W_h.shape
        zero = w.W_h.new_zeros(*population, hidden, sequences)
        return self.State(*(zero for _ in self.states))

    def step(self, w: Weights, x: Tensor, state: tuple[Tensor, ...]) -> Any:
        """Does one time step, from x_t, (..., inputs, B), and the old state to the new ``State``.

        Each tensor of a state has shape (..., H, B).
        """
        old = self.State(*state)
        return self.next_state(w, self.compute_gates(w, x, old), old)

    @abstractmethod
    def compute_gates(self, w: Weights, x: Tensor, state: Any) -> tuple[Tensor, ...]:
        """Does the first half of a step: returns the values of ``gates``, (..., H, B) each.

        ``x`` is x_t, (..., inputs, B), ``state`` the cell's ``State`` before the step.
        """

    @abstractmethod
    def next_state(self, w: Weights, gates: tuple[Tensor, ...], state: Any) -> Any:
        """Does the second half of a step: returns the new ``State``."""

    def preactivations(self, w: Weights, x: Tensor, h: Tensor) -> Tensor:
        """Returns W_x x_t + W_h h_{t-1} + b of all gates, (..., gates·H, B).

        ``x`` is x_t, (..., inputs, B), ``h`` is h_{t-1}, (..., H, B). In a cell with a ``norm``
        each of the two products is normalised and scaled before they are added.
        """
        from_x = self.normalise("x", w.W_x @ x, w.gamma_x)
        from_h = self.normalise("h", w.W_h @ h, w.gamma_h)
        return from_x + from_h + w.b

    def normalising_with(self, normalise: Normalise) -> Self:
        """Returns this cell with another normalisation, such as one that keeps statistics."""
        cell = copy(self)
        cell.normalise = normalise
        return cell

    def candidate_slope(self, candidate: Tensor) -> Tensor:
        """Returns φ'(a) of the candidate from its value φ(a), in the same shape."""
        match self.activation:
            case "sigmoid":
                return candidate * (1 - candidate)
            case "relu":
                return (candidate > 0).to(candidate.dtype)
            case _:
                return 1 - candidate**2

    def shapes(self, inputs: int, hidden: int) -> Mapping[str, tuple[int, int]]:
        """Returns the shape of each parameter of one cell, by its name in ``Weights``."""
        rows = len(self.gates) * hidden
        scales = {name: (size, 1) for name, (size, _) in self.norm_parameters(hidden).items()}
        return {"W_x": (rows, inputs), "W_h": (rows, hidden), "b": (rows, 1), **scales}

    def norm_parameters(self, hidden: int) -> Mapping[str, tuple[int, float]]:
        """Returns how many numbers each γ and β of the ``norm`` has, and what they start at."""
        rows = len(self.gates) * hidden
        gammas = {"gamma_x": (rows, self.gamma), "gamma_h": (rows, self.gamma)}
        return {} if self.norm == "none" else gammas

    def initial_weights(self, draw: Draw, inputs: int, hidden: int, steps: int) -> Weights:
        """Returns the parameters of one cell at initialisation, for sequences of ``steps`` steps.

        - ``init=orthogonal``, ``identity``: such an H×H block of W_h for each gate, W_x
          Glorot-uniform, biases 0.
        - ``init=pytorch``: everything U(±1/√H), the biases a sum of two where torch.nn has two.

        W_h is then multiplied by the cell's gain, and ``initial_bias`` is added to b.
        """
        shapes = self.shapes(inputs, hidden)
        if self.init == "pytorch":
            bound = 1 / math.sqrt(hidden)
            w = {name: draw.uniform(shape, bound) for name, shape in shapes.items()}
            summed = self.summed_biases(hidden)
            w["b"][:summed] += draw.uniform((summed, 1), bound)
        else:
            blocks = draw.identity if self.init == "identity" else draw.orthogonal
            w = {name: draw.constant(shape, 0) for name, shape in shapes.items()}
            w["W_h"] = blocks(hidden, len(self.gates))
            w["W_x"] = draw.uniform(shapes["W_x"], math.sqrt(6 / (inputs + hidden)))
        w["W_h"] *= self.gain
        rows = dict(zip(self.gates, w["b"].split(hidden), strict=True))
        for gate, bias in self.initial_bias(draw, hidden, steps).items():
            rows[gate] += bias
        for name, (size, start) in self.norm_parameters(hidden).items():
            w[name] = draw.constant((size, 1), start)
        return Weights(**w)

    def initial_bias(self, draw: Draw, hidden: int, steps: int) -> Mapping[str, Tensor | float]:
        """Returns what is added to the bias of a gate at initialisation: a number, or (H, 1)."""
        return {}

    def summed_biases(self, hidden: int) -> int:
        """Returns how many rows of b, from the first on, are a sum of two biases in torch.nn."""
        return len(self.gates) * hidden

    def parameter_count(self, inputs: int, hidden: int, outputs: int) -> int:
        """Returns how many trainable numbers a cell and a linear readout with bias have."""
        cell = sum(math.prod(shape) for shape in self.shapes(inputs, hidden).values())
        return cell + outputs * (hidden + 1)

    def hindrance(self, hidden: int, sequences: int) -> str:
        """Returns why this cell could learn nothing with these sizes and what to do, or "".

        Batch normalisation is over the ``sequences`` of a batch, layer normalisation, where it is
        over the fewest features, over the ``hidden`` units of one gate or state. Measured with
        H = 32, recall, 20 steps: the RNN's gradient is 0 a step before the end with batches of one,
        1e-11 of its last value 19 steps before with batches of two, and 10 times that value with
        batches of three.
        """
        over = {"batch": ("batch size", sequences), "layer": ("hidden size", hidden)}
        setting, numbers = over.get(self.norm, ("", MIN_NORMALISED))
        if numbers >= MIN_NORMALISED:
            return ""
        return (
            f"{self.norm} normalisation at a {setting} of {numbers} leaves no gradient, since it "
            f"turns {'any number into 0' if numbers == 1 else 'any two numbers into 1 and -1'}: "
            f"choose a {setting} of at least {MIN_NORMALISED}, or no normalisation"
        )
