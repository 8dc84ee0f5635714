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

Vectors are columns, one for each of the B sequences of a batch. The parameters for D inputs and H
units, and what they start with:

    W_x  (H, D)   Glorot-uniform
    W_h  (H, H)   orthogonal
    b    (H, 1)   0

Five sequences of twenty steps through eight units (parameters are drawn in float64):

    >>> import torch
    >>> from models.cells.draw import Draw
    >>> rnn, x = RNN(), torch.randn(20, 3, 5, dtype=torch.float64)
    >>> w = rnn.initial_weights(Draw(seed=0), inputs=3, hidden=8, steps=20)
    >>> state = rnn.zero_state(w, sequences=5)
    >>> for x_t in x:
    ...     state = rnn.step(w, x_t, state)
    >>> state.h.shape
    torch.Size([8, 5])

With ``norm=layer`` the sum W_x x_t + W_h h_{t-1} is normalised and scaled by a γ, (H, 1), before
the bias is added (Ba, Kiros & Hinton 2016, eq. 4); with ``norm=batch`` each of the two products by
itself, with a γ of its own (Cooijmans et al. 2016, eq. 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.cells.cell import COMMON_OPTIONS, Cell, HiddenState, Weights
from models.settings.spec import CLEAR, Option, SpecError

if TYPE_CHECKING:  # importing the cells does not import torch
    from torch import Tensor

ACTIVATION = Option(
    "activation",
    ("tanh", "sigmoid", "relu"),
    "tanh",
    "tanh and sigmoid saturate, ReLU does not",
    words={"relu": "ReLU"},
    phrase=CLEAR,
)
OMEGA = Option(
    "omega",
    ("0", "2"),
    "0",
    "weight of the regulariser that preserves the norm of the gradient (Pascanu 2013, eq. 9)",
    bounds=(0, 100),
    title="Ω",
)


class RNN(Cell):
    """The simple recurrent cell: no gates but the candidate h, which is also its one state.

    A ``step`` is ``compute_gates`` and then ``next_state``.
    """

    name = "rnn"
    title = "RNN"
    references = ("elman1990",)
    equations = (r"h_t = \tanh(W_x x_t + W_h h_{t-1} + b)",)
    options = (*COMMON_OPTIONS, ACTIVATION, OMEGA)
    gates = ("h",)
    candidate = "h"

    def __init__(
        self,
        activation: str = ACTIVATION.default,
        omega: str = OMEGA.default,
        **common_options: str,
    ) -> None:
        super().__init__(**common_options)
        self.activation, self.omega = activation, float(omega)

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        super().check(chosen)
        if chosen["norm"] != "none" and chosen["omega"] != OMEGA.default:
            raise SpecError("omega is for the cell without normalisation: leave norm out")

    def compute_gates(self, w: Weights, x: Tensor, state: HiddenState) -> tuple[Tensor, ...]:
        """Returns h_t alone, (H, B), from x_t, (D, B), and h_{t-1}."""
        a = self.preactivations(w, x, state.h)  # W_x x_t + W_h h_{t-1} + b, (H, B)
        h: Tensor = getattr(a, self.activation)()  # such as a.tanh()
        return (h,)

    def next_state(self, w: Weights, gates: tuple[Tensor, ...], state: HiddenState) -> HiddenState:
        """Returns h_t, (H, B): nothing of the old state is kept."""
        (h,) = gates
        return HiddenState(h)

    def preactivations(self, w: Weights, x: Tensor, h: Tensor) -> Tensor:
        if self.norm == "layer":
            return self.normalise("a", w.W_x @ x + w.W_h @ h, w.gamma_h) + w.b
        return super().preactivations(w, x, h)

    def norm_parameters(self, hidden: int) -> Mapping[str, tuple[int, float]]:
        if self.norm == "layer":
            return {"gamma_h": (hidden, self.gamma)}
        return super().norm_parameters(hidden)
