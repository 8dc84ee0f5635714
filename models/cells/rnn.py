r"""The simple recurrent network (Elman 1990).

    h_t = tanh(W_x x_t + W_h h_{t-1} + b)

Every step multiplies the hidden state by W_h and squashes it. So does the gradient on its way
back, ∂h_t/∂h_{t-1} = diag(1 - h_t²) W_h, which is why it vanishes or explodes over many steps
(Pascanu, Mikolov & Bengio 2013, section 2.1).

Squashing by σ, whose slope is at most 1/4, makes it vanish sooner; ReLU does not squash, so it may
as well explode (``activation``). Orthogonal W_h, the default, neither shrinks nor stretches; times
``gain`` it does. The identity with ReLU is the IRNN (Le, Jaitly & Hinton 2015). ``omega`` weighs
Pascanu's regulariser, which asks the gradient to keep its norm
(``models.training.regularisation``).

With ``norm=layer`` it is the sum a that is normalised, h_t = tanh(N(a_t) + b) (Ba 2016, eq. 4);
with ``norm=batch`` its two parts, each by itself (Cooijmans 2016, eq. 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.cells.cell import COMMON, Cell, Weights
from models.cells.normalisation import Normalise, plain
from models.settings.spec import Option, SpecError

if TYPE_CHECKING:
    from torch import Tensor

ACTIVATION = Option(
    "activation",
    ("tanh", "sigmoid", "relu"),
    "tanh",
    "tanh and sigmoid saturate, relu does not",
)
OMEGA = Option(
    "omega",
    ("0", "2"),
    "0",
    "weight of the regulariser that keeps the gradient's norm (Pascanu 2013, eq. 9)",
    between=(0, 100),
)


class RNN(Cell):
    """The simple recurrent cell."""

    name = "rnn"
    title = "RNN"
    equations = (r"h_t = \tanh(W_x x_t + W_h h_{t-1} + b)",)
    options = (*COMMON, ACTIVATION, OMEGA)
    gates = ("h",)

    def __init__(self, activation: str, omega: str, **common: str) -> None:
        super().__init__(**common)
        self.activation, self.omega = activation, float(omega)

    def open_gates(
        self, w: Weights, x: Tensor, state: tuple[Tensor, ...], normalise: Normalise = plain
    ) -> tuple[Tensor, ...]:
        (h,) = state
        if self.norm == "batch":
            a = normalise("x", w.W_x @ x, w.gamma_x) + normalise("h", w.W_h @ h, w.gamma_h)
        else:
            a = normalise("a", w.W_x @ x + w.W_h @ h, w.gamma_h)
        h = getattr(a + w.b, self.activation)()
        return (h,)

    def update(
        self,
        w: Weights,
        gates: tuple[Tensor, ...],
        state: tuple[Tensor, ...],
        normalise: Normalise = plain,
    ) -> tuple[Tensor, ...]:
        return gates

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        super().check(chosen)
        if chosen["norm"] != "none" and chosen["omega"] != OMEGA.default:
            raise SpecError("omega is for the cell without normalisation: leave norm out")

    def slope(self, h: Tensor) -> Tensor:
        """φ'(a), from h = φ(a)."""
        return {"tanh": 1 - h**2, "sigmoid": h * (1 - h), "relu": (h > 0).to(h.dtype)}[
            self.activation
        ]

    def normalised(self, hidden: int) -> Mapping[str, int]:
        return {"gamma_h": hidden} if self.norm == "layer" else super().normalised(hidden)
